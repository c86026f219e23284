//! The satisfaction survey. No capture shows it: its table is known by the search options that were captured, the rest
//! from GLPI's code (`CommonITILSatisfaction`, `TicketSatisfaction`), and nothing is offered before one was seen.

use deskside_protocol::ErrorCode;
use serde_json::json;

use super::GlpiDesk;
use super::wire::{Survey, decimal};
use crate::connection::refusal;
use crate::{Again, Result};

/// `TicketSatisfaction::TYPE_INTERNAL`; others are asked somewhere else.
pub(super) const OWN_SURVEY: u64 = 1;

fn cannot(why: impl Into<String>) -> crate::HelpdeskError {
    refusal(ErrorCode::WrongState, why)
}

impl GlpiDesk {
    /// Answers a ticket's survey. To do so again changes the answer to what it is: there is nothing to double.
    pub(super) async fn rate(&self, number: &str, stars: u8, comment: Option<&str>) -> Result<()> {
        let survey = self.survey(number).await?;
        if survey.is_none_or(|survey| survey.kind != OWN_SURVEY) {
            return Err(cannot("GLPI asks nothing of this ticket, or not yet"));
        }
        self.answer_survey(number, u64::from(stars), comment).await?;
        // GLPI 11 can be set up to count to another number than five, which no requester is told: what it makes of it is.
        let told = self.survey(number).await?;
        let scaled = told.as_ref().and_then(|told| {
            Some((
                decimal(&told.satisfaction)?,
                decimal(&told.satisfaction_scaled_to_5).filter(|scaled| *scaled > 0.0)?,
            ))
        });
        if let Some((given, scaled)) = scaled
            && (scaled - f64::from(stars)).abs() > 0.01
        {
            let best = (1..=10_u32).min_by(|a, b| {
                let off = |best: u32| (given / scaled * 5.0 - f64::from(best)).abs();
                off(*a).total_cmp(&off(*b))
            });
            let best = u64::from(best.unwrap_or(5));
            self.answer_survey(number, (u64::from(stars) * best + 2) / 5, comment).await?;
        }
        Ok(())
    }

    /// The stars that were given, of five, as far as they are told. Nobody is asked where no survey was ever seen.
    pub(super) async fn rating(&self, number: &str) -> Option<u8> {
        if !self.setup.surveys() {
            return None;
        }
        let survey = self.survey(number).await.ok()??;
        let given = decimal(&survey.satisfaction)?;
        let stars = decimal(&survey.satisfaction_scaled_to_5).unwrap_or(given).round();
        (1..=5_u8).find(|star| (f64::from(*star) - stars).abs() < 0.5)
    }

    async fn survey(&self, number: &str) -> Result<Option<Survey>> {
        let found = self.client.list::<Survey>(&["Ticket", number, "TicketSatisfaction"], &[]).await;
        match found {
            Ok(all) => Ok(all.into_iter().next()),
            Err(error) if error.again == Again::Permanent => Err(cannot(error.detail)),
            Err(error) => Err(error),
        }
    }

    async fn answer_survey(&self, number: &str, satisfaction: u64, comment: Option<&str>) -> Result<()> {
        let mut input = json!({
            "tickets_id": number.parse::<u64>().unwrap_or_default(),
            "satisfaction": satisfaction,
        });
        if let Some(comment) = comment {
            input["comment"] = json!(comment);
        }
        // Its key is the ticket's number (`getIndexName`).
        match self.client.update(&["TicketSatisfaction", number], &input).await {
            Err(error) if error.again == Again::Permanent => Err(cannot(error.detail)),
            other => other,
        }
    }
}
