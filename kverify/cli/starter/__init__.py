"""What `kverify init` writes: a look at a repository (``survey``), and the texts of its starter files (``texts``)."""
