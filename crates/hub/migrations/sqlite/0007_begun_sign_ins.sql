-- Sign-ins that are under way: any hub on this database can end them. The state is kept as its digest, and the secrets are
-- sealed with the state itself (deskside_hub::sign_in::begun): whoever holds the database can use none.
CREATE TABLE begun_sign_ins (
    state TEXT PRIMARY KEY NOT NULL,
    device_id TEXT NOT NULL,
    redirect TEXT NOT NULL,
    sealed TEXT NOT NULL,
    at INTEGER NOT NULL
);
CREATE INDEX begun_sign_ins_by_device ON begun_sign_ins (device_id);
CREATE INDEX begun_sign_ins_by_age ON begun_sign_ins (at);
