//! `search/…`: criteria, columns, pages.

use serde_json::{Map, Value, json};

use super::Glpi;
use super::state::{Session, Ticket, Version};
use crate::http::Request;
use crate::replay::Answer;

/// One `criteria[n]`.
struct Criterion {
    field: u64,
    how: String,
    value: String,
    or: bool,
}

/// The criteria in their order; `None` for what nobody captured.
fn criteria(request: &Request) -> Option<Vec<Criterion>> {
    let mut found = Vec::new();
    for at in 0.. {
        let of = |name: &str| request.query(&format!("criteria[{at}][{name}]"));
        let Some(field) = of("field") else { break };
        let or = match of("link") {
            None | Some("AND") => false,
            Some("OR") => true,
            Some(_) => return None,
        };
        found.push(Criterion {
            field: field.parse().ok()?,
            how: of("searchtype")?.into(),
            value: of("value")?.into(),
            or,
        });
    }
    Some(found)
}

/// As SQL binds them: AND before OR.
fn holds(criteria: &[Criterion], each: impl Fn(&Criterion) -> bool) -> bool {
    let mut any = false;
    let mut all = true;
    for (at, criterion) in criteria.iter().enumerate() {
        if at > 0 && criterion.or {
            any |= all;
            all = true;
        }
        all &= each(criterion);
    }
    any || all
}

impl Glpi {
    fn knows(&self, options: &str, field: u64) -> bool {
        self.template(options).get(field.to_string()).is_some()
    }

    fn columns(request: &Request, always: &[u64], criteria: &[Criterion]) -> Vec<u64> {
        let forced = request.query.iter().filter(|(name, _)| name.starts_with("forcedisplay["));
        let forced = forced.filter_map(|(_, value)| value.parse().ok());
        always.iter().copied().chain(criteria.iter().map(|one| one.field)).chain(forced).collect()
    }

    pub(super) fn search_tickets(&self, request: &Request, session: &Session) -> Option<Answer> {
        let criteria = criteria(request)?;
        if criteria.iter().any(|one| !self.knows("023", one.field)) {
            return self.captured("089");
        }
        let matches = |ticket: &Ticket, one: &Criterion| -> Option<bool> {
            let person = || if one.value == "myself" { Some(session.person.id) } else { one.value.parse().ok() };
            Some(match (one.field, one.how.as_str()) {
                (21, "contains") => self.told(&ticket.content).to_lowercase().contains(&one.value.to_lowercase()),
                (4, "equals") => ticket.requesters.contains(&person()?),
                (31, "equals") => {
                    ticket.survey.as_ref().map(|survey| survey.kind.to_string()) == Some(one.value.clone())
                }
                (22, "equals") => ticket.recipient == person()?,
                _ => return None,
            })
        };
        let seen = self.tickets.iter().filter(|ticket| ticket.seen_by(session.person, &session.active));
        let mut rows: Vec<&Ticket> = Vec::new();
        for ticket in seen {
            // What nobody captured is told even where there is no ticket to try it on.
            let known: Option<Vec<bool>> = criteria.iter().map(|one| matches(ticket, one)).collect();
            known?;
            if holds(&criteria, |one| matches(ticket, one) == Some(true)) {
                rows.push(ticket);
            }
        }
        match (request.query("sort"), request.query("order")) {
            (None, None) => rows.sort_by_key(|ticket| ticket.id),
            (Some("19"), Some("DESC")) => {
                rows.sort_by_key(|ticket| std::cmp::Reverse((ticket.updated_at.clone(), ticket.turn)));
            }
            _ => return None,
        }
        let columns = Self::columns(request, &[1], &criteria);
        let rows: Option<Vec<Value>> =
            rows.into_iter().map(|ticket| columns.iter().map(|at| self.cell(ticket, *at)).collect()).collect();
        self.found(request, "Ticket", rows?)
    }

    fn cell(&self, ticket: &Ticket, option: u64) -> Option<(String, Value)> {
        let survey = ticket.survey.as_ref();
        let value = match option {
            1 => json!(ticket.name),
            2 => json!(ticket.id),
            // A number as text; several as a list.
            4 => match ticket.requesters.as_slice() {
                [] => Value::Null,
                [one] => json!(one.to_string()),
                more => more.iter().map(|id| json!(id.to_string())).collect(),
            },
            12 => json!(ticket.status),
            19 => json!(ticket.updated_at),
            21 => json!(self.told(&ticket.content)),
            22 => json!(ticket.recipient.to_string()),
            31 => json!(survey.map(|survey| survey.kind)),
            60 => json!(survey.map(|survey| &survey.begun)),
            61 => json!(survey.and_then(|survey| survey.answered.as_ref())),
            62 => json!(survey.and_then(|survey| survey.satisfaction)),
            119 => json!(ticket.links.iter().filter(|link| link.on == super::On::Ticket).count()),
            _ => return None,
        };
        Some((option.to_string(), value))
    }

    pub(super) fn search_articles(&self, request: &Request) -> Option<Answer> {
        let criteria = criteria(request)?;
        if criteria.iter().any(|one| !self.knows("024", one.field)) {
            // 068 and 069 of GLPI 10.
            return self.captured("089");
        }
        let title = if self.version == Version::V10 { 6 } else { 1 };
        let mut rows = Vec::new();
        for (id, name, answer) in &self.articles {
            // 070: GLPI 10 tells articles escaped too, by names where it has numbers for tickets.
            let answer = match self.version {
                Version::V10 => answer.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"),
                Version::V11 => answer.clone(),
            };
            let text = |field: u64| if field == title { Some(name) } else { (field == 7).then_some(&answer) };
            if criteria.iter().any(|one| one.how != "contains" || text(one.field).is_none()) {
                return None;
            }
            let contains = |one: &Criterion| {
                text(one.field).is_some_and(|text| text.to_lowercase().contains(&one.value.to_lowercase()))
            };
            if holds(&criteria, contains) {
                let cell = |at: &u64| (at.to_string(), if *at == 2 { json!(id) } else { json!(text(*at)) });
                let columns = Self::columns(request, &[title], &criteria);
                rows.push(Value::Object(columns.iter().map(cell).collect::<Map<_, _>>()));
            }
        }
        self.found(request, "KnowbaseItem", rows)
    }

    /// One page of what was found.
    fn found(&self, request: &Request, kind: &str, rows: Vec<Value>) -> Option<Answer> {
        let total = rows.len();
        if total == 0 {
            return Some(self.captured("065")?.header("Accept-Range", format!("{kind} 1000")));
        }
        let (first, last) = range(request)?;
        if first > total {
            return self.captured("066");
        }
        let last = last.min(total - 1);
        let page: Vec<Value> = rows.into_iter().skip(first).take((last + 1).saturating_sub(first)).collect();
        let range = format!("{first}-{last}/{total}");
        let whole = page.len() >= total;
        let mut body = self.template("063");
        body["totalcount"] = json!(total);
        body["count"] = json!(page.len());
        body["content-range"] = json!(range);
        body["data"] = json!(page);
        let answer = self.captured(if whole { "063" } else { "064" })?;
        Some(answer.header("Accept-Range", format!("{kind} 1000")).header("Content-Range", range).json(&body))
    }
}

/// `range=0-19`; a page of 20 without one (`list_limit`).
pub(super) fn range(request: &Request) -> Option<(usize, usize)> {
    let Some(range) = request.query("range") else { return Some((0, 19)) };
    let (first, last) = range.split_once('-')?;
    Some((first.parse().ok()?, last.parse().ok()?))
}
