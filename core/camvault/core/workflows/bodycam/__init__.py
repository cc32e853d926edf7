"""Room: bodycam."""
