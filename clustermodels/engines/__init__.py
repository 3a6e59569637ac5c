"""Engines, loaded when one is used: nuts compiles, and nothing else should wait for that."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__, submodules=["auto", "chains", "classes", "latent_gaussian", "nuts", "nuts_joint"]
)
