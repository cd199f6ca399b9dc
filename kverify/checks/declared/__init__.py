"""What users declare: specifications, their policies and properties, and scenarios as scenes of the model."""
