"""Makes the workbooks that the tests read: `pip install openpyxl xlwt odfpy`, then run this file in its folder."""

import datetime as dt

import odf.opendocument
import odf.table
import odf.text
import openpyxl
import xlwt

ROWS = [
    ["id", "näme \"x\".y", "paid", "day", "seen", "at", "score", "ok", "note"],
    [1, "Ada", 10.5, dt.date(2024, 2, 29), dt.datetime(2024, 2, 29, 12, 30, 15), dt.time(8, 15), 1, True, None],
    [2, "Bob", None, dt.date(1999, 12, 31), dt.datetime(1999, 12, 31), dt.time(23, 59, 59), 2.5, False, None],
    [3, "Čenda", -3, None, None, None, None, None, None],
]


def xlsx():
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "People"
    for row in ROWS:
        sheet.append(row)
    moved = book.create_sheet("Moved")
    moved["A1"] = "A report"
    for r, row in enumerate([["k", "v"], [1, "a"], [2, "b"], [None, None], [3, "c"]]):
        for c, value in enumerate(row):
            moved.cell(row=3 + r, column=2 + c, value=value)
    moved["B10"] = "total"
    book.create_sheet("Nothing")
    only = book.create_sheet("Header")
    only.append(["a", "b"])
    null = book.create_sheet("Nulls")
    for row in [["a", "b"], [1, None], [2, None]]:
        null.append(row)
    errors = book.create_sheet("Errors")
    for row in [["a", "b"], [1, 2], ["#DIV/0!", 3], ["#N/A", 4]]:
        errors.append(row)
    formulas = book.create_sheet("Formulas")
    for row in [["a", "b"], [1, "=A2*2"]]:
        formulas.append(row)
    merged = book.create_sheet("Merged")
    for row in [["a", "b"], ["x", 1], [None, 2], ["y", 3]]:
        merged.append(row)
    merged.merge_cells("A2:A3")
    mixed = book.create_sheet("Mixed")
    for row in [["a", "b"], [7, "x"], ["SECRET", "y"]]:
        mixed.append(row)
    twice = book.create_sheet("Twice")
    for row in [["a", "a"], [1, 2]]:
        twice.append(row)
    unnamed = book.create_sheet("Unnamed")
    for row in [["a", None, "c"], [1, 2, 3]]:
        unnamed.append(row)
    bare = book.create_sheet("Bare")
    for row in [[1, "x"], [2, "y"]]:
        bare.append(row)
    wide = book.create_sheet("Wide")
    wide.append([f"c{n}" for n in range(5000)])
    wide.append(list(range(5000)))
    long = book.create_sheet("Long")
    long.append(["t"])
    long.append(["x" * 32767])
    book.save("books.xlsx")


def xls():
    book = xlwt.Workbook()
    sheet = book.add_sheet("People")
    formats = {
        dt.datetime: "yyyy-mm-dd hh:mm:ss",
        dt.date: "yyyy-mm-dd",
        dt.time: "hh:mm:ss",
    }
    for r, row in enumerate(ROWS):
        for c, value in enumerate(row):
            if value is None:
                continue
            style = formats.get(type(value))
            sheet.write(r, c, value, *([xlwt.easyxf(num_format_str=style)] if style else []))
    book.save("books.xls")


def ods():
    book = odf.opendocument.OpenDocumentSpreadsheet()
    sheet = odf.table.Table(name="People")
    for row in ROWS:
        line = odf.table.TableRow()
        for value in row:
            if value is None:
                cell = odf.table.TableCell()
            elif isinstance(value, bool):
                cell = odf.table.TableCell(valuetype="boolean", booleanvalue=str(value).lower())
            elif isinstance(value, (int, float)):
                cell = odf.table.TableCell(valuetype="float", value=value)
            elif isinstance(value, dt.time):
                cell = odf.table.TableCell(valuetype="time", timevalue=value.strftime("PT%HH%MM%SS"))
            elif isinstance(value, dt.date):
                cell = odf.table.TableCell(valuetype="date", datevalue=value.isoformat())
            else:
                cell = odf.table.TableCell(valuetype="string")
                cell.addElement(odf.text.P(text=value))
            line.addElement(cell)
        sheet.addElement(line)
    book.spreadsheet.addElement(sheet)
    book.save("books.ods")


xlsx()
xls()
ods()
