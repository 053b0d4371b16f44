from setuptools import Extension, setup

setup(
    name="ink",
    version="1.2.0",
    description="Draws bars as PNG and measures how far words are apart",
    ext_modules=[Extension("ink", ["ink.c"], libraries=["png"], extra_compile_args=["-O2"])],
)
