-- At which helpdesk a ticket has its number: numbers of another one mean other tickets (deskside_hub::gateway::place).
ALTER TABLE tickets ADD COLUMN upstream_place TEXT;
