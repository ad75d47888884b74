import { Redacted } from "effect"

/** Where the server is, as pg takes it: the parameter goes before the rest of the address. */
const hostOf = (address: Redacted.Redacted): string => {
  const { hostname, searchParams } = new URL(Redacted.value(address))
  return searchParams.get("host") ?? decodeURIComponent(hostname)
}

/** The address of a database without user, password and options: `postgres://db.example/nightly`. For messages. */
export const shownAddress = (address: Redacted.Redacted): string => {
  const { pathname, port, searchParams } = new URL(Redacted.value(address))
  const host = hostOf(address) || "localhost"
  const at = searchParams.get("port") || port
  return `postgres://${host}${at && `:${at}`}${pathname}`
}

const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[?::1\]?|\/.*)?$/

/** Whether the database is reached without a network: on loopback, or by a socket of this host. */
export const isOnThisHost = (address: Redacted.Redacted): boolean => LOOPBACK.test(hostOf(address))

/**
 * What the server is asked for. A host that is gone, and a transaction that its program forgot, must not hold a lock for long: the
 * server ends it before those that wait for the lock give up.
 */
const SERVER_LIMITS = [
  "statement_timeout=30s",
  "lock_timeout=20s",
  "idle_in_transaction_session_timeout=15s",
  "tcp_keepalives_idle=10",
  "tcp_keepalives_interval=5",
  "tcp_keepalives_count=3",
  "tcp_user_timeout=25s"
]

/** Longer than the server's own limit: only a server that does not answer at all comes to this one. Milliseconds. */
const ANSWER_LIMIT = 40_000

const STRICT_MODES: ReadonlySet<string> = new Set(["prefer", "require", "verify-ca"])

/** The address with our limits. What it says itself about one of them holds. */
export const withLimits = (address: Redacted.Redacted): Redacted.Redacted => {
  const url = new URL(Redacted.value(address))
  const limits = SERVER_LIMITS.map((limit) => `-c ${limit}`).join(" ")
  const own = url.searchParams.get("options")
  url.searchParams.set("options", own === null ? limits : `${limits} ${own}`)
  if (!url.searchParams.has("query_timeout")) url.searchParams.set("query_timeout", String(ANSWER_LIMIT))
  // What these mean to pg. A later pg means something weaker by them, and the one we have warns of that on stderr.
  if (STRICT_MODES.has(url.searchParams.get("sslmode") ?? "") && !url.searchParams.has("uselibpqcompat")) {
    url.searchParams.set("sslmode", "verify-full")
  }
  // `URLSearchParams` writes a space as `+`; pg reads both.
  return Redacted.make(url.href)
}
