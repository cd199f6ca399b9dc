"""The control plane and the nodes: one file per Kubernetes component.

A component is a module with two functions over a ``World``::

    def variables(world: World) -> Iterator[Variable]: ...
    def actions(world: World) -> Iterator[Action]: ...

Adding a controller is adding a file and naming it in ``kverify.model.build.COMPONENTS``.
"""
