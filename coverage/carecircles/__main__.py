"""What `carecircles` and `python -m carecircles` start: signals are heeded before anything is imported."""

from carecircles import _signals


def main() -> None:
    """Run the command line."""
    _signals.heed()
    from carecircles.cli import main as run

    run()


if __name__ == "__main__":
    main()
