//! An invoice as a PDF of A4 pages, in the fonts that every reader has.

use pdf_writer::{Content, Finish as _, Name, Pdf, Rect, Ref, Str, TextStr};

use super::{
    Invoice,
    html::{amount, date, discount, title},
};
use crate::platform::money::grouped;

const WIDTH: f32 = 595.0;
const HEIGHT: f32 = 842.0;
const LEFT: f32 = 50.0;
const RIGHT: f32 = WIDTH - 50.0;
const TOP: f32 = HEIGHT - 60.0;
const BOTTOM: f32 = 60.0;
const SIZE: f32 = 9.5;
const LEADING: f32 = 14.0;
/// Characters of a description that fit beside an amount, and of a name beside four columns.
const WIDE: usize = 72;
const NARROW: usize = 34;
const REGULAR: Name<'static> = Name(b"F1");
const BOLD: Name<'static> = Name(b"F2");

/// The pages, in one file.
pub fn pdf(invoice: &Invoice) -> Vec<u8> {
    let mut pages = Pages::default();
    let heading = title(invoice);
    pages.line(&[(LEFT, &heading)], &[], BOLD, 16.0);
    pages.space();
    for (name, value) in [
        ("Account", invoice.account.as_str()),
        ("Month", &format!("{}, UTC", invoice.month)),
        ("Issued", &date(invoice.issued_at_unix)),
    ] {
        pages.line(&[(LEFT, name), (LEFT + 70.0, value)], &[], REGULAR, SIZE);
    }
    pages.space();
    pages.line(&[(LEFT, "Description")], &[(RIGHT, "USD")], BOLD, SIZE);
    for line in &invoice.lines {
        let shown = amount(&line.amount_nano_usd);
        pages.row(&line.description, WIDE, &[(RIGHT, &shown)]);
    }
    let total = amount(&invoice.total_nano_usd);
    pages.line(&[(LEFT, "Total")], &[(RIGHT, &total)], BOLD, SIZE);
    if !invoice.usage.is_empty() {
        pages.space();
        pages.usage(invoice);
    }
    pages.finish(&heading)
}

/// Pages that are being written.
#[derive(Default)]
struct Pages {
    done: Vec<Content>,
    page: Option<(Content, f32)>,
}

impl Pages {
    fn usage(&mut self, invoice: &Invoice) {
        let columns = [RIGHT - 255.0, RIGHT - 170.0, RIGHT - 85.0, RIGHT];
        let numbers = |calls: &str, list: &str, subsidy: &str, charge: &str| {
            [
                calls.to_owned(),
                amount(list),
                discount(subsidy),
                amount(charge),
            ]
        };
        self.line(
            &[(LEFT, "Used of prepaid credit")],
            &[
                (columns[0], "Calls"),
                (columns[1], "List"),
                (columns[2], "Subsidy"),
                (columns[3], "Charged"),
            ],
            BOLD,
            SIZE,
        );
        for row in &invoice.usage {
            let shown = numbers(
                &grouped(row.calls.unsigned_abs()),
                &row.list_nano_usd,
                &row.discount_nano_usd,
                &row.charge_nano_usd,
            );
            let cells: Vec<_> = columns
                .into_iter()
                .zip(shown.iter().map(String::as_str))
                .collect();
            self.row(&row.sku, NARROW, &cells);
        }
        let shown = numbers(
            "",
            &invoice.usage_list_nano_usd,
            &invoice.usage_discount_nano_usd,
            &invoice.usage_charge_nano_usd,
        );
        let cells: Vec<_> = columns
            .into_iter()
            .zip(shown.iter().map(String::as_str))
            .collect();
        self.line(&[(LEFT, "Sum")], &cells, BOLD, SIZE);
    }

    /// A text over as many lines as it takes, with cells beside the first.
    fn row(&mut self, text: &str, characters: usize, cells: &[(f32, &str)]) {
        let mut cells = cells;
        for part in wrapped(text, characters) {
            self.line(&[(LEFT, &part)], cells, REGULAR, SIZE);
            cells = &[];
        }
    }

    /// Texts from their left ends, and texts up to their right ends.
    fn line(&mut self, left: &[(f32, &str)], right: &[(f32, &str)], font: Name<'_>, size: f32) {
        let step = LEADING.max(size * 1.4);
        if self.page.as_ref().is_some_and(|(_, y)| y - step < BOTTOM)
            && let Some((content, _)) = self.page.take()
        {
            self.done.push(content);
        }
        let (content, y) = self.page.get_or_insert_with(|| (Content::new(), TOP));
        *y -= step;
        let ends = right
            .iter()
            .map(|(end, text)| (end - width(text, size), *text));
        for (x, text) in left.iter().copied().chain(ends) {
            content.begin_text();
            content.set_font(font, size);
            content.next_line(x, *y);
            content.show(Str(&latin(text)));
            content.end_text();
        }
    }

    fn space(&mut self) {
        if let Some((_, y)) = &mut self.page {
            *y -= LEADING;
        }
    }

    fn finish(mut self, heading: &str) -> Vec<u8> {
        self.done
            .extend(self.page.take().map(|(content, _)| content));
        let mut pdf = Pdf::new();
        let mut next = 1i32;
        let mut new = || {
            let id = Ref::new(next);
            next = next.saturating_add(1);
            id
        };
        let (catalog, tree, regular, bold, info) = (new(), new(), new(), new(), new());
        let pages: Vec<_> = self
            .done
            .into_iter()
            .map(|content| (new(), new(), content))
            .collect();
        pdf.catalog(catalog).pages(tree);
        pdf.document_info(info)
            .title(TextStr(heading))
            .producer(TextStr("Primis"));
        pdf.pages(tree)
            .kids(pages.iter().map(|(page, _, _)| *page))
            .count(i32::try_from(pages.len()).unwrap_or(i32::MAX));
        for (font, name) in [(regular, "Helvetica"), (bold, "Helvetica-Bold")] {
            pdf.type1_font(font)
                .base_font(Name(name.as_bytes()))
                .encoding_predefined(Name(b"WinAnsiEncoding"));
        }
        for (id, content_id, content) in pages {
            let mut page = pdf.page(id);
            page.media_box(Rect::new(0.0, 0.0, WIDTH, HEIGHT));
            page.parent(tree);
            page.contents(content_id);
            page.resources()
                .fonts()
                .pair(REGULAR, regular)
                .pair(BOLD, bold);
            page.finish();
            pdf.stream(content_id, &content.finish());
        }
        pdf.finish()
    }
}

/// Width of an amount or a short heading in Helvetica, from its metrics; letters by their average.
fn width(text: &str, size: f32) -> f32 {
    let thousandths: u16 = text
        .bytes()
        .map(|b| match b {
            b'.' | b',' | b' ' => 278,
            b'-' => 333,
            b'a'..=b'z' => 530,
            b'A'..=b'Z' => 690,
            // Digits and the dollar.
            _ => 556,
        })
        .fold(0, u16::saturating_add);
    f32::from(thousandths) * size / 1_000.0
}

/// What the base fonts can show: other characters are question marks.
fn latin(text: &str) -> Vec<u8> {
    text.chars()
        .map(|c| {
            let byte = u8::try_from(u32::from(c)).ok();
            byte.filter(|byte| matches!(byte, 0x20..=0x7e | 0xa0..=0xff))
                .unwrap_or(b'?')
        })
        .collect()
}

/// Lines of at most so many characters, broken at spaces where there are any.
fn wrapped(text: &str, characters: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut length = 0usize;
    for word in text.split(' ') {
        // A name without spaces is broken where the line ends.
        let letters: Vec<char> = word.chars().collect();
        for part in letters.chunks(characters.max(1)) {
            let part: String = part.iter().collect();
            let count = part.chars().count();
            if length > 0 && length.saturating_add(count) >= characters {
                lines.push(String::new());
                length = 0;
            }
            if let Some(line) = lines.last_mut() {
                if length > 0 {
                    line.push(' ');
                    length = length.saturating_add(1);
                }
                line.push_str(&part);
                length = length.saturating_add(count);
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::invoices::{InvoiceKind, InvoiceLine, InvoiceUsage};

    /// The strings that a reader would show, page after page.
    fn shown(pdf: &[u8]) -> Vec<String> {
        let text: String = pdf.iter().map(|b| char::from(*b)).collect();
        text.split(" Tj")
            .filter_map(|part| part.rsplit_once('\n'))
            .filter_map(|(_, part)| {
                part.strip_prefix('(')?
                    .strip_suffix(')')
                    .map(ToOwned::to_owned)
            })
            .collect()
    }

    fn invoice(lines: usize) -> Invoice {
        Invoice {
            number: "INV-000001".into(),
            kind: InvoiceKind::Invoice,
            account: "acct_a".into(),
            month: "2026-11".into(),
            issued_at_unix: 1_796_083_200,
            lines: (0..lines)
                .map(|n| InvoiceLine {
                    kind: "credit".into(),
                    description: format!("Credit {n}"),
                    amount_nano_usd: "25000000000".into(),
                })
                .collect(),
            total_nano_usd: "174000000000".into(),
            usage: vec![InvoiceUsage {
                sku: "openai/\u{4e2d}-a-model-with-a-name-that-is-longer-than-its-column".into(),
                calls: 1_204,
                list_nano_usd: "7680000000".into(),
                discount_nano_usd: "0".into(),
                charge_nano_usd: "7680000000".into(),
            }],
            usage_list_nano_usd: "7680000000".into(),
            usage_discount_nano_usd: "0".into(),
            usage_charge_nano_usd: "7680000000".into(),
        }
    }

    #[test]
    fn what_is_on_the_pages() {
        let file = pdf(&invoice(2));
        assert!(file.starts_with(b"%PDF-1."));
        let shown = shown(&file);
        for text in [
            "Invoice INV-000001",
            "acct_a",
            "Credit 1",
            "$25.00",
            "$174.00",
            "1,204",
            "$7.68",
        ] {
            assert!(shown.iter().any(|s| s == text), "{text}: {shown:?}");
        }
        assert!(
            shown.iter().any(|s| s.starts_with("openai/?-a-model")),
            "{shown:?}"
        );
    }

    #[test]
    fn long_invoices_have_pages() {
        let file = pdf(&invoice(200));
        let text = String::from_utf8_lossy(&file);
        assert!(
            text.contains("/Count 5"),
            "{}",
            text.matches("/Type /Page\n").count()
        );
        assert_eq!(shown(&file).iter().filter(|s| *s == "$25.00").count(), 200);
    }

    #[test]
    fn words_and_long_names_are_broken() {
        assert_eq!(wrapped("one two three", 8), ["one two", "three"]);
        assert_eq!(wrapped("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrapped("", 4), [""]);
    }
}
