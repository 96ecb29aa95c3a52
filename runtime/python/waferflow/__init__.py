"""Waferflow: what a sparse LLaMA's training step costs on a wafer-scale dataflow machine."""
