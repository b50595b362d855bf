//! The grammar: that of sqlparser's generic dialect as far as it is about queries, with `**` and `^` as powers.

use sqlparser::ast::{BinaryOperator, Expr};
use sqlparser::dialect::{Dialect, GenericDialect};
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::Token;
use std::any::TypeId;

/// How strongly `**` and `^` bind: more than `*`, less than `::`.
const POWER: u8 = 45;

/// The grammar of expressions and queries.
#[derive(Debug)]
pub(crate) struct Sql;

fn power_tokens(parser: &Parser<'_>) -> usize {
    match (&parser.peek_nth_token_ref(0).token, &parser.peek_nth_token_ref(1).token) {
        (Token::Caret, _) => 1,
        (Token::Mul, Token::Mul) => 2,
        _ => 0,
    }
}

impl Dialect for Sql {
    fn dialect(&self) -> TypeId {
        TypeId::of::<GenericDialect>()
    }

    fn is_identifier_start(&self, ch: char) -> bool {
        ch.is_alphabetic() || ch == '_'
    }

    fn is_identifier_part(&self, ch: char) -> bool {
        ch.is_alphabetic() || ch.is_ascii_digit() || ch == '_' || ch == '$'
    }

    fn identifier_quote_style(&self, _: &str) -> Option<char> {
        Some('"')
    }

    fn get_next_precedence(&self, parser: &Parser<'_>) -> Option<Result<u8, ParserError>> {
        (power_tokens(parser) > 0).then_some(Ok(POWER))
    }

    fn parse_infix(&self, parser: &mut Parser<'_>, left: &Expr, _: u8) -> Option<Result<Expr, ParserError>> {
        let tokens = power_tokens(parser);
        if tokens == 0 {
            return None;
        }
        (0..tokens).for_each(|_| drop(parser.next_token()));
        let right = parser.parse_subexpr(POWER);
        let power =
            |right| Expr::BinaryOp { left: Box::new(left.clone()), op: BinaryOperator::PGExp, right: Box::new(right) };
        Some(right.map(power))
    }

    fn supports_unicode_string_literal(&self) -> bool {
        true
    }

    fn supports_string_escape_constant(&self) -> bool {
        true
    }

    fn supports_group_by_expr(&self) -> bool {
        true
    }

    fn supports_left_associative_joins_without_parens(&self) -> bool {
        true
    }

    fn supports_window_clause_named_window_reference(&self) -> bool {
        true
    }

    fn supports_filter_during_aggregation(&self) -> bool {
        true
    }

    fn supports_select_wildcard_except(&self) -> bool {
        true
    }

    fn supports_select_wildcard_exclude(&self) -> bool {
        true
    }

    fn supports_parens_around_table_factor(&self) -> bool {
        true
    }

    fn supports_values_as_table_factor(&self) -> bool {
        true
    }

    fn supports_projection_trailing_commas(&self) -> bool {
        true
    }

    fn allow_extract_custom(&self) -> bool {
        true
    }

    fn allow_extract_single_quotes(&self) -> bool {
        true
    }

    fn supports_bitwise_shift_operators(&self) -> bool {
        true
    }

    fn supports_nested_comments(&self) -> bool {
        true
    }

    fn supports_array_typedef_with_brackets(&self) -> bool {
        true
    }

    fn supports_comma_separated_trim(&self) -> bool {
        true
    }
}
