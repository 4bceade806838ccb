"""Our sentence encoder: multilingual-e5-small, read once from a wheel, taught our questions, run by ONNX Runtime."""
