"""Two engines that follow one law (``docs/method.md``) and never import each other."""
