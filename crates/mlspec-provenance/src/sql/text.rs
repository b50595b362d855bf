//! Texts are read within limits: what reads and walks them recurses, and nothing of a user's may end the program.

use super::dialect::Sql;
use sqlparser::ast::{Expr, Statement};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer};

/// The longest text that is looked at, in bytes.
const LONGEST: usize = 1 << 18;

/// How deep parentheses of an expression may be nested, and how many operators there may be one upon another.
const DEEPEST: usize = 20;
const OPERATORS: usize = 300;

/// The same for the parentheses of a query, and how many tables it may join and queries it may unite.
const DEEPEST_QUERY: usize = 40;
const PARTS: usize = 200;

/// Why a text is not understood or not possible, and where in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) reason: String,
    pub(crate) at: Option<Location>,
}

impl Refusal {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), at: None }
    }

    pub(crate) fn at(reason: impl Into<String>, location: Location) -> Self {
        Self { reason: reason.into(), at: (location.line > 0).then_some(location) }
    }

    /// Names a place if there is none yet.
    pub(crate) fn or_at(self, location: Location) -> Self {
        match self.at {
            Some(_) => self,
            None => Self::at(self.reason, location),
        }
    }
}

impl From<String> for Refusal {
    fn from(reason: String) -> Self {
        Self::new(reason)
    }
}

/// Reads one expression, and nothing behind it.
pub(crate) fn read_expression(sql: &str) -> Result<Expr, Refusal> {
    let tokens = tokens(sql, DEEPEST)?;
    let mut parser = parser(tokens);
    let expr = parser.parse_expr().map_err(unreadable)?;
    let rest = parser.peek_token();
    let at = rest.span.start;
    match &rest.token {
        Token::EOF => Ok(expr),
        Token::SemiColon => Err(Refusal::at("`;` ends a statement", at)),
        Token::Word(word) if word.keyword == Keyword::AS => {
            Err(Refusal::at(format!("it is named{} in itself; the name stands outside of it", alias(&mut parser)), at))
        }
        token => Err(Refusal::at(format!("`{token}` follows where it should end"), at)),
    }
}

/// The name behind `AS`, for an error.
fn alias(parser: &mut Parser<'_>) -> String {
    parser.next_token();
    parser.parse_identifier().map(|name| format!(" `{}`", name.value)).unwrap_or_default()
}

/// Reads one statement.
pub(crate) fn read_statement(sql: &str) -> Result<Statement, Refusal> {
    let tokens = tokens(sql, DEEPEST_QUERY)?;
    let mut parser = parser(tokens);
    if parser.peek_token().token == Token::EOF {
        return Err(Refusal::new("it is empty"));
    }
    let statement = parser.parse_statement().map_err(unreadable)?;
    while parser.consume_token(&Token::SemiColon) {}
    let rest = parser.peek_token();
    match &rest.token {
        Token::EOF => Ok(statement),
        token => Err(Refusal::at(format!("`{token}` follows where the query should end"), rest.span.start)),
    }
}

fn parser(tokens: Vec<TokenWithSpan>) -> Parser<'static> {
    Parser::new(&Sql).with_recursion_limit(400).with_tokens_with_locations(tokens)
}

/// What the parser says, with the place that it puts behind.
fn unreadable(error: ParserError) -> Refusal {
    let message = match error {
        ParserError::TokenizerError(message) | ParserError::ParserError(message) => message,
        ParserError::RecursionLimitExceeded => return Refusal::new("it is nested too deep"),
    };
    let Some((reason, place)) = message.rsplit_once(" at Line: ") else { return Refusal::new(message) };
    let numbers =
        place.split_once(", Column: ").and_then(|(line, column)| Some((line.parse().ok()?, column.parse().ok()?)));
    match numbers {
        Some((line, column)) => Refusal::at(reason, Location { line, column }),
        None => Refusal::new(message),
    }
}

fn tokens(sql: &str, deepest: usize) -> Result<Vec<TokenWithSpan>, Refusal> {
    if sql.len() > LONGEST {
        return Err(Refusal::new(format!("it is longer than {LONGEST} bytes")));
    }
    let tokens = Tokenizer::new(&Sql, sql).tokenize_with_location();
    let tokens = tokens.map_err(|error| Refusal::at(error.message, error.location))?;
    check_depth(&tokens, deepest)?;
    Ok(tokens)
}

/// Parentheses and operators upon each other, counted along the open parentheses.
fn check_depth(tokens: &[TokenWithSpan], deepest: usize) -> Result<(), Refusal> {
    let (mut open, mut parts) = (vec![0_usize], 0);
    for token in tokens {
        let place = |reason| Refusal::at(reason, token.span.start);
        match &token.token {
            token if is_part(token) => {
                parts += 1;
                if parts > PARTS {
                    return Err(place(format!("it joins and unites more than {PARTS} times")));
                }
            }
            Token::LParen | Token::LBracket | Token::LBrace => {
                open.push(0);
                if open.len() > deepest + 1 {
                    return Err(place("it is nested too deep".to_owned()));
                }
            }
            Token::RParen | Token::RBracket | Token::RBrace if open.len() > 1 => drop(open.pop()),
            Token::Comma | Token::SemiColon => *open.last_mut().unwrap_or(&mut 0) = 0,
            token if begins_clause(token) => *open.last_mut().unwrap_or(&mut 0) = 0,
            token if is_operator(token) => {
                *open.last_mut().unwrap_or(&mut 0) += 1;
                let found: usize = open.iter().sum();
                if found > OPERATORS {
                    return Err(place(format!(
                        "it has more than {OPERATORS} operators upon each other; at most {OPERATORS} are possible"
                    )));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Words that add a table or a query.
fn is_part(token: &Token) -> bool {
    let Token::Word(word) = token else { return false };
    let parts = [Keyword::JOIN, Keyword::UNION, Keyword::EXCEPT, Keyword::INTERSECT, Keyword::MINUS];
    word.quote_style.is_none() && parts.contains(&word.keyword)
}

/// Words that begin an expression of its own.
fn begins_clause(token: &Token) -> bool {
    let Token::Word(word) = token else { return false };
    let clauses = [
        Keyword::SELECT,
        Keyword::FROM,
        Keyword::WHERE,
        Keyword::GROUP,
        Keyword::HAVING,
        Keyword::ORDER,
        Keyword::LIMIT,
        Keyword::ON,
    ];
    word.quote_style.is_none() && clauses.contains(&word.keyword)
}

/// Whether a token makes an expression deeper, unlike the values of a list.
fn is_operator(token: &Token) -> bool {
    match token {
        Token::Word(word) => {
            let nests = [
                Keyword::AND,
                Keyword::OR,
                Keyword::XOR,
                Keyword::NOT,
                Keyword::WHEN,
                Keyword::CASE,
                Keyword::IS,
                Keyword::LIKE,
                Keyword::ILIKE,
                Keyword::BETWEEN,
                Keyword::INTERVAL,
                Keyword::COLLATE,
                Keyword::AT,
                Keyword::PRIOR,
                Keyword::ARRAY,
                Keyword::WITH,
            ];
            word.quote_style.is_none() && nests.contains(&word.keyword)
        }
        Token::Whitespace(_) | Token::EOF => false,
        Token::Number(..) | Token::SingleQuotedString(_) | Token::Comma => false,
        Token::RParen | Token::RBracket | Token::RBrace | Token::Period => false,
        _ => true,
    }
}

/// Works on a stack that is large enough for all texts that come through the limits, and apart: what a library cannot handle
/// must not end the program.
pub(crate) fn apart<T: Send>(work: impl FnOnce() -> Result<T, Refusal> + Send) -> Result<T, Refusal> {
    const STACK: usize = 64 << 20;
    let cannot = || Refusal::new("it cannot be read");
    std::thread::scope(|scope| {
        let worker = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        worker.map_err(|_| cannot())?.join().map_err(|_| cannot())?
    })
}
