"""Stock Rasa beside ours, over HTTP, in one run on one machine: `python -m bot benchmark --against rasa`."""
