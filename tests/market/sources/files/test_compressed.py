"""Compressed files and archives: what is inside lands; what is damaged, hostile or too large is one clear error."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from rongheng.basics.batch import Batch
from rongheng.basics.errors import DataError
from rongheng.market.sources import read_file
from rongheng.market.sources.files import compressed
from tests.market.sources.qlib.making import archive

Reader = Callable[..., Batch]
CSV = "日期,平均维持担保比例(%)\n2024-01-02,250\n2024-01-03,251\n".encode()


def parquet(code: str) -> bytes:
    stream = io.BytesIO()
    pl.DataFrame(
        {"trade_date": ["2024-01-02"], "code": [code], "pe_ttm": [9.5], "pb": [0.7], "ps_ttm": [1.0], "pcf": [2.0]}
        | {"turnover": [0.793]}
    ).write_parquet(stream)
    return stream.getvalue()


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress, bz2.compress])
def test_a_table_under_a_compression_is_read(read: Reader, pack: Callable[[bytes], bytes]) -> None:
    assert read(pack(CSV)).facts["maintenance_ratio"].to_list() == [2.5, 2.51]


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz", "w:bz2"])
def test_tables_of_one_folder_are_one_table(read: Reader, mode: str) -> None:
    batch = read(archive({"v/000001.parquet": parquet("000001"), "v/600000.parquet": parquet("600000")}, mode=mode))
    assert batch.facts["security"].to_list() == ["000001.SZ", "600000.SH"]
    assert batch.facts["turnover_rate"].to_list() == [0.00793, 0.00793]
    assert batch.sheet == "v"


def test_text_tables_of_one_folder_are_one_table(read: Reader) -> None:
    second = "日期,平均维持担保比例(%)\n2024-01-04,252\n".encode()
    batch = read(archive({"a/1.csv": CSV, "a/2.csv": second, "a/.DS_Store": b"x"}))
    assert batch.facts["maintenance_ratio"].to_list() == [2.5, 2.51, 2.52]


def test_files_with_other_headers_beside_each_other_are_refused(read: Reader) -> None:
    with pytest.raises(DataError, match=r"v/2\.csv.*not those of the files beside it"):
        read(archive({"v/1.csv": CSV, "v/2.csv": CSV.replace(b"(%)", b"")}))


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("mode", ["w:gz", "w:xz", "w:bz2"])
def test_an_archive_that_was_cut_short_is_one_clear_error(read: Reader, mode: str, share: float) -> None:
    noise = "".join(f"2024-01-02,{number * 7919 % 1000}\n" for number in range(20_000)).encode()
    whole = archive({"a/1.csv": CSV + noise}, mode=mode)
    with pytest.raises(DataError, match="cut short"):
        read(whole[: int(len(whole) * share)], name="bars.tar")


def test_a_plain_archive_that_was_cut_between_two_files_is_noticed(read: Reader) -> None:
    whole = archive({"a/1.csv": CSV, "a/2.csv": CSV}, mode="w")
    with pytest.raises(DataError, match="ends too soon"):
        read(whole[:1024])  # the first file's header and bytes, and nothing behind them


@pytest.mark.parametrize("name", ["../../evil.csv", "/etc/evil.csv", "a/../../evil.csv", "C:/evil.csv", "..\\evil.csv"])
def test_a_name_that_leads_out_of_the_archive_is_refused(read: Reader, name: str) -> None:
    with pytest.raises(DataError, match="leads out of the archive"):
        read(archive({name: CSV}))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_refused(read: Reader, kind: bytes) -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:xz") as out:
        member = tarfile.TarInfo("a.csv")
        member.type, member.linkname = kind, "/etc/passwd"
        out.addfile(member)
    with pytest.raises(DataError, match="a link or a device"):
        read(stream.getvalue())


def test_what_unpacks_to_too_much_is_refused_before_it_fills_the_memory(
    read: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compressed, "PART_LIMIT", 1 << 20)
    monkeypatch.setattr(compressed, "WHOLE_LIMIT", 3 << 20)
    zeros = bytes(2 << 20)
    with pytest.raises(DataError, match="more than 1 MiB"):
        read(gzip.compress(zeros))
    with pytest.raises(DataError, match="more than 1 MiB"):
        read(archive({"a.csv": zeros}))
    with pytest.raises(DataError, match="more than 3 MiB"):
        read(archive({f"{number}.csv": bytes(1 << 20) for number in range(4)}))


def test_an_archive_without_tables_says_so(read: Reader) -> None:
    with pytest.raises(DataError, match="without a file"):
        read(archive({"a/.DS_Store": CSV}))


def test_progress_of_an_archive_never_goes_back(tmp_path: Path) -> None:
    path = tmp_path / "v.tar.xz"
    path.write_bytes(archive({f"v/{number:06}.parquet": parquet(f"{number:06}") for number in range(1, 9)}))
    told: list[int] = []
    read_file(path, progress=lambda done, whole: told.append(done))
    assert told == sorted(told)
    assert told[-1] == 100
