extension Migration {
    /// The reason why a job waits, how often it was claimed, and other facts for its states (docs/job-states.md).
    static let waitingJobs = Migration(
        name: "waiting jobs",
        digests: (
            sqlite: "b58b0a8ca7ecc428daddc503d092bcd888eff3608b9f20e9106bcbbbee769176",
            postgresql: "2a33faa2afff88d83f9699de0de7dcb174950c2805057811ef70f475b7b1404b"
        )
    ) { words in
        let (int, text) = (words.integer, words.text)
        return """
            -- What the surroundings lack, a word of `Outage`, and since when; empty while nothing is missing.
            ALTER TABLE job ADD COLUMN waiting_for \(text) NOT NULL DEFAULT '';
            ALTER TABLE job ADD COLUMN waiting_since \(int) NOT NULL DEFAULT 0;
            -- Counts claims and never goes back: the number that a worker's words are checked against.
            ALTER TABLE job ADD COLUMN claims \(int) NOT NULL DEFAULT 0;
            -- 1 when the lease ran out and its worker got a last moment to speak.
            ALTER TABLE job ADD COLUMN last_call \(int) NOT NULL DEFAULT 0;
            -- 1 when it failed because its attempts were used up.
            ALTER TABLE job ADD COLUMN given_up \(int) NOT NULL DEFAULT 0;
            UPDATE job SET claims = attempt WHERE state IN ('PENDING', 'IN_PROGRESS');
            CREATE INDEX job_waiting ON job (waiting_for, waiting_since) WHERE state = 'PENDING' AND waiting_for <> '';
            CREATE INDEX job_given_up ON job (id) WHERE given_up = 1;
            """
    }
}
