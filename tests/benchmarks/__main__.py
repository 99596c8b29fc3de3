"""`make bench`: every figure of the table, each against its limit and its aim."""

from __future__ import annotations

from tests.benchmarks import (
    bench_analysis,
    bench_export,
    bench_files,
    bench_import,
    bench_rename,
    bench_routing,
    bench_spotify,
    bench_table,
    bench_tui,
)
from tests.benchmarks.measure import show

if __name__ == "__main__":
    show(
        [
            *bench_import.main(),
            *bench_export.main(),
            *bench_files.main(),
            *bench_rename.main(),
            *bench_table.main(),
            *bench_tui.main(),
            *bench_routing.main(),
            *bench_analysis.main(),
            *bench_spotify.main(),
        ]
    )
    print("\n".join(bench_analysis.beside()))
