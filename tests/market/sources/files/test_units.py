"""Units come from the file, the caller or a known layout, and never from a guess."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rongheng.basics.batch import Batch
from rongheng.basics.errors import SourceChangedError, UsageError

Reader = Callable[..., Batch]

BARE = "日期,担保物总价值,平均维持担保比例\n2024-01-02,40000.5,250.1\n"


def row(batch: Batch) -> tuple[object, ...]:
    return batch.facts.select("collateral_total", "maintenance_ratio").row(0)


def test_a_column_without_a_unit_is_refused_with_every_such_column_and_the_option(read: Reader) -> None:
    with pytest.raises(SourceChangedError) as refusal:
        read(BARE, name="mine.csv")
    message = str(refusal.value)
    for part in ("mine.csv", "row 1", "'担保物总价值' (B)", "'平均维持担保比例' (C)", "--unit '担保物总价值=亿元"):
        assert part in message


def test_the_unit_option_settles_them(read: Reader) -> None:
    assert row(read(BARE, unit="亿元,%")) == (4_000_050_000_000.0, 2.501)
    assert row(read(BARE, unit="担保物总价值=亿元,平均维持担保比例=%")) == (4_000_050_000_000.0, 2.501)
    assert row(read(BARE, unit="collateral_total=万元；maintenance_ratio=percent")) == (400_005_000.0, 2.501)


def test_the_unit_option_is_part_of_the_imports_identity(read: Reader) -> None:
    assert read(BARE, unit="亿元,%").options == "unit=亿元,%"


def test_an_unknown_unit_option_is_refused(read: Reader) -> None:
    with pytest.raises(UsageError, match="兆元"):
        read(BARE, unit="兆元")


def test_the_header_wins_over_an_option_of_its_kind(read: Reader) -> None:
    content = "日期,担保物总价值(万元),平均维持担保比例(%)\n2024-01-02,400005000,250.1\n"
    assert row(read(content, unit="亿元")) == (4_000_050_000_000.0, 2.501)


def test_an_option_that_contradicts_the_header_is_refused(read: Reader) -> None:
    content = "日期,担保物总价值(万元),平均维持担保比例(%)\n2024-01-02,400005000,250.1\n"
    with pytest.raises(UsageError, match=r"万元.*亿元"):
        read(content, unit="担保物总价值(万元)=亿元")


def test_a_unit_row_of_a_terminals_export_is_read(read: Reader) -> None:
    content = (
        "指标名称,融资融券:担保物总价值,平均维持担保比例\n频率,日,日\n单位,亿元,%\n指标ID,M001,M002\n来源,某所,某所\n"
        "2024-01-02,40000.5,250.1\n数据来源：某终端,,\n"
    )
    batch = read(content)
    assert row(batch) == (4_000_050_000_000.0, 2.501)
    assert (batch.rows_read, batch.facts.height, batch.rows_quarantined) == (1, 1, 0)
    assert any("from line 7" in notice.text.en for notice in batch.notices)


def test_a_row_of_units_below_the_header_is_read_without_its_label(read: Reader) -> None:
    content = "日期,担保物总价值,平均维持担保比例\n,(亿元),%\n" + "2024-01-02,40000.5,250.1\n"
    assert row(read(content)) == (4_000_050_000_000.0, 2.501)


@pytest.mark.parametrize("line", ["单位：亿元,%", "(单位:亿元、%)", "单位 = 亿元;%", "货币单位：亿元 %"])
def test_a_line_above_the_header_states_units_of_their_kinds(read: Reader, line: str) -> None:
    assert row(read(f'"{line}"\n{BARE}')) == (4_000_050_000_000.0, 2.501)


def test_a_line_above_that_states_two_units_of_a_kind_states_none(read: Reader) -> None:
    with pytest.raises(SourceChangedError, match="担保物总价值"):
        read(f'"单位：亿元、万元、%"\n{BARE}')


def test_per_cent_signs_in_every_cell_state_the_unit(read: Reader) -> None:
    content = "日期,担保物总价值(亿元),平均维持担保比例\n2024-01-02,40000.5,250.1%\n2024-01-03,39000,--\n"
    assert row(read(content)) == (4_000_050_000_000.0, 2.501)


def test_per_cent_signs_in_some_cells_state_none(read: Reader) -> None:
    content = "日期,担保物总价值(亿元),平均维持担保比例\n2024-01-02,40000.5,250.1%\n2024-01-03,39000,248\n"
    with pytest.raises(SourceChangedError, match="平均维持担保比例"):
        read(content)


def test_a_unit_that_cannot_measure_the_column_is_refused(read: Reader) -> None:
    with pytest.raises(SourceChangedError, match=r"%.*yuan"):
        read("日期,担保物总价值(%),平均维持担保比例(%)\n2024-01-02,40000.5,250.1\n")


def test_a_unit_that_nobody_knows_is_named(read: Reader) -> None:
    with pytest.raises(SourceChangedError, match="兆元"):
        read("日期,担保物总价值(兆元),平均维持担保比例(%)\n2024-01-02,40000.5,250.1\n")


def test_a_count_in_ten_thousands_lands_whole(read: Reader) -> None:
    batch = read("日期,个人投资者数量(万名)\n2024-01-02,787.3539\n2024-01-03,787.35395\n")
    assert batch.facts["individual_count"].to_list() == [7_873_539]  # half a person is no count
    assert batch.quarantine.filter(column="个人投资者数量(万名)")["reason"].to_list() == [
        "a count must be a whole number"
    ]


def test_a_layout_whose_median_is_ten_thousand_times_too_large_is_refused(read: Reader) -> None:
    headers = "日期,融资余额,融券余额,融资买入额,融券卖出额,证券公司数量,营业部数量,个人投资者数量,机构投资者数量"
    headers += ",参与交易的投资者数量,有融资融券负债的投资者数量,担保物总价值,平均维持担保比例\n"
    good = "2024-01-02,15000.5,700,800.1,30,95,11000,650.5,45000,200000,1500000,45000,255.1\n"
    wrong = "2024-01-02,150005000,7000000,8001000,300000,95,11000,650.5,45000,200000,1500000,450000000,255.1\n"
    batch = read(headers + good)
    assert batch.source == "account-statistics"
    assert batch.facts["financing_balance"].to_list() == [1_500_050_000_000.0]
    assert batch.facts["individual_count"].to_list() == [6_505_000]
    with pytest.raises(SourceChangedError, match="median of '融资余额'"):
        read(headers + wrong)


def test_columns_in_another_order_are_the_same_layout(read: Reader) -> None:
    one = read("close,date\n3000.5,2024-01-02\n", name="h00300.csv")
    assert (one.source, one.facts["close"][0]) == ("index-closes", 3000.5)


def test_a_layout_with_a_column_more_says_so(read: Reader) -> None:
    content = "date,open,close,high,low,volume,amount,turn,pctChg,pbMRQ\n" + "2024-01-02,1,1,1,1,1,1,1,1,1\n"
    with pytest.raises(SourceChangedError) as refusal:
        read(content, index="csi300")
    assert "'pbMRQ' (J)" in str(refusal.value)
    assert "index-bars" in str(refusal.value)


def test_volume_and_amount_in_units_that_give_no_price_are_refused(read: Reader) -> None:
    content = "date,close,volume,amount\n2024-01-02,3000,1500000,15000000000\n2024-01-03,3000,1500000,15000000000\n"
    with pytest.raises(SourceChangedError, match="10,000 yuan a share"):
        read(content, index="szse", unit="amount=元,volume=股")  # the volume is in lots of a hundred hands
    batch = read(content, index="szse", unit="amount=元,volume=千股".replace("千股", "万股"))
    assert batch.facts["volume_shares"][0] == 15_000_000_000.0


def test_a_user_extends_the_alias_table(read: Reader, tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("columns:\n  collateral_total: [担保品合计]\nignored:\n  备注: free text\n", encoding="utf-8")
    content = "日期,担保品合计(亿元),平均维持担保比例(%),备注\n2024-01-02,40000.5,250.1,好\n"
    with pytest.raises(SourceChangedError, match="'担保品合计"):
        read(content)
    batch = read(content, aliases=own)
    assert row(batch) == (4_000_050_000_000.0, 2.501)
    assert any("备注" in notice.text.zh for notice in batch.notices)


@pytest.mark.parametrize(
    ("yaml", "complaint"),
    [
        ("columns: {no_such_column: [x]}", "no_such_column"),
        ("[1, 2]", "columns"),
        ("columns: [x]", "mappings"),
        ("columns: {amount: [x], volume_shares: [x]}", "'x'"),
        ("columns: {", "not YAML"),
    ],
)
def test_a_wrong_alias_file_is_refused(read: Reader, tmp_path: Path, yaml: str, complaint: str) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(yaml, encoding="utf-8")
    with pytest.raises(UsageError, match=complaint):
        read(BARE, aliases=own)


def test_an_alias_file_that_is_not_there_is_refused(read: Reader, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.yaml"):
        read(BARE, aliases=tmp_path / "none.yaml")
