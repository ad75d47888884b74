import { JournalFailed } from "../../domain/Failure.ts"
import { redactShapes, type Redactor } from "../../domain/Redaction.ts"
import { oneLine } from "../../domain/Text.ts"
import { messagesOf, journalFailures } from "../failures.ts"

interface Advice {
  readonly when: RegExp
  readonly what: string
  readonly next: string
}

/** What the errors of Postgres, of pg and of the network mean. The first that fits. */
const ADVICE: ReadonlyArray<Advice> = [
  {
    when: /does not support SSL/i,
    what: "its address asks for TLS, and the server has none",
    next: "Turn TLS on in the server (ssl = on); or write sslmode=disable in the setting journal, if you trust the network"
  },
  {
    when: /certificate|altnames|unable to verify|self.signed/i,
    what: "its TLS certificate cannot be verified",
    next: "Name the authority that signed it: sslrootcert=/path/to/ca.pem in the address"
  },
  {
    when: /authentication|pg_hba\.conf|role ".*" does not exist|SASL|password/i,
    what: "it refuses the login",
    next: "Correct user and password in the setting journal, or let this host in (pg_hba.conf)"
  },
  {
    when: /database ".*" does not exist/i,
    what: "the server has no such database",
    next: "Make it (createdb), or correct the setting journal"
  },
  {
    when: /permission denied|must be owner|no schema has been selected|read-only/i,
    what: "this user may not write there",
    next: "Make the user the owner of the database, which holds this journal and nothing else"
  },
  {
    when: /too many (clients|connections)|connection slots/i,
    what: "it has no connection left",
    next: "See who holds them (pg_stat_activity), or raise max_connections"
  },
  {
    when: /lock timeout/i,
    what: "another process, here or on another host, holds what this one needs",
    next: "See which one it is (pg_stat_activity, pg_locks). The server ends the transaction of a frozen one"
  },
  {
    when: /no space left|could not extend file/i,
    what: "the disk of the database is full",
    next: "Make room on the host of the database"
  },
  {
    when: /E(CONN|HOST|NET|PIPE|AI_|NOTFOUND|NOENT|TIMEDOUT)|time-?out|terminat|shutting down|starting up|recovery mode|Connection/i,
    what: "the database does not answer",
    next: "See whether it runs, and whether this host reaches it. Jobs that run are left alone: the next run settles them"
  }
]

/** An error of several addresses of one host has its messages inside. */
const innermostOf = (cause: unknown): string => {
  const inner = cause instanceof Error ? innermost(cause) : cause
  if (inner instanceof AggregateError) return inner.errors.flatMap(messagesOf).join(", ")
  return messagesOf(cause).at(-1) ?? ""
}

const innermost = (error: Error): Error => {
  let found = error
  for (let depth = 0; found.cause instanceof Error && depth < 8; depth++) found = found.cause
  return found
}

/** The failures of the journal in the database at this address, which holds no secret. */
export const postgresFailures = (place: string, redact: Redactor = redactShapes) => {
  const failed = (reason: JournalFailed["reason"], detail: string, next?: string) =>
    new JournalFailed({ file: place, reason, detail, next })
  return {
    ...journalFailures(place, redact),
    /** `other`: a host that shares the journal, and its tracker. `ours`: this host's. */
    otherTracker: (other: { readonly name: string; readonly project: string }, ours: string): JournalFailed =>
      failed(
        "unusable",
        `it is the journal of another tracker: ${other.name} has the tracker ${oneLine(other.project)}, this host has ` +
          `${oneLine(ours)} (project_id in metadata.json)`,
        "Give each tracker a database of its own (createdb), in the setting journal. If the tracker was made anew, say so in this " +
          "database: psql -c 'UPDATE hosts SET project = NULL'"
      ),
    corrupt: (reason: string): JournalFailed =>
      failed(
        "corrupt",
        `it is damaged (${oneLine(redact(reason))}). No bug is dispatched without it`,
        "Restore it from a backup, or name an empty database: that run finds the claims and jobs of earlier runs in the " +
          "tracker and the runner"
      ),
    of: (cause: unknown): JournalFailed => {
      if (cause instanceof JournalFailed) return cause
      const message = oneLine(redact(innermostOf(cause)))
      const advice = ADVICE.find(({ when }) => when.test(message))
      return advice === undefined
        ? failed("unusable", message)
        : failed("unusable", `${advice.what} (${message})`, advice.next)
    }
  }
}

export type PostgresFailures = ReturnType<typeof postgresFailures>
