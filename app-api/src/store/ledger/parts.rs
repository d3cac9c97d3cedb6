//! One statement of several parts, all of which hold or nothing is written.

use sqlx::{
    Arguments as _, AssertSqlSafe, Encode, PgConnection, Postgres, Type, error::BoxDynError,
    postgres::PgArguments,
};

/// Parts of one statement, as many as there is something to do for.
#[derive(Default)]
pub(super) struct Parts {
    sql: String,
    /// What must hold.
    all: String,
    parts: u32,
    parameters: u32,
    arguments: PgArguments,
    /// The first that cannot be encoded.
    problem: Option<BoxDynError>,
}

impl Parts {
    /// A part, of which so many rows are expected; then its parameters are to be given.
    pub(super) fn add(&mut self, part: &str, rows: usize) -> &mut Self {
        let name = self.parts;
        self.parts = name.saturating_add(1);
        let and = if name == 0 { "" } else { " AND " };
        let n = self.parameter();
        // They run in the order in which they are counted.
        self.all += &format!("{and}(SELECT COUNT(*) FROM part_{name}) = ${n}");
        self.with(i64::try_from(rows).unwrap_or(i64::MAX));
        let with = if name == 0 { "WITH" } else { "," };
        self.sql += &format!("{with} part_{name} AS (");
        for (index, piece) in part.split('?').enumerate() {
            if index > 0 {
                let n = self.parameter();
                self.sql += &format!("${n}");
            }
            self.sql += piece;
        }
        self.sql.push(')');
        self
    }

    fn parameter(&mut self) -> u32 {
        self.parameters = self.parameters.saturating_add(1);
        self.parameters
    }

    /// A parameter of the part that was added last.
    pub(super) fn with<'a, V>(&mut self, value: V) -> &mut Self
    where
        V: Encode<'a, Postgres> + Type<Postgres> + 'a,
    {
        if let Err(problem) = self.arguments.add(value) {
            self.problem.get_or_insert(problem);
        }
        self
    }

    /// Runs it to its end: it is committed then. A division by zero says that a row was not as remembered.
    pub(super) async fn run(self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        if let Some(problem) = self.problem {
            return Err(sqlx::Error::Encode(problem));
        }
        if self.parts == 0 {
            return Ok(());
        }
        let sql = format!(
            "{} SELECT 1 / (CASE WHEN {} THEN 1 ELSE 0 END)",
            self.sql, self.all
        );
        sqlx::query_with(AssertSqlSafe(sql), self.arguments)
            .execute(connection)
            .await?;
        Ok(())
    }
}
