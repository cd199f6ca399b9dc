"""What a run is given, in the terms of its questions: workloads with their pods and claims, nodes, how much room there
is, and the text of the built-in properties."""
