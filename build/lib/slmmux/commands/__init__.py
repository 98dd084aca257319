"""One module per subcommand of `slmmux`: add_parser(subparsers) and run(args)."""
