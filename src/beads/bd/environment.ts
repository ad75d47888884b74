/** What a call of bd may do with the database. */
export type Access = "read" | "write"

// Prevents the daemon, exports, `git add`, pushes, usage statistics, pager, questions, hooks, colour, migrations of a shared
// server, and what shortens lists, changes the JSON or selects another database.
const ENVIRONMENT: Readonly<Record<string, string>> = {
  NO_COLOR: "1",
  BD_NO_DAEMON: "1",
  BEADS_NO_DAEMON: "1",
  BD_EXPORT_AUTO: "false",
  BD_EXPORT_GIT_ADD: "false",
  BD_DOLT_AUTO_PUSH: "false",
  BD_NO_PAGER: "1",
  BD_NON_INTERACTIVE: "1",
  BD_NO_HOOKS: "1",
  BD_DISABLE_METRICS: "1",
  BD_DISABLE_EVENT_FLUSH: "1",
  BD_JSON_ENVELOPE: "0",
  BEADS_MAX_ROWS: "0",
  BD_LAST_TOUCHED_FALLBACK: "0",
  BD_ALLOW_REMOTE_MIGRATE: "0",
  BD_IGNORE_SCHEMA_SKEW: "0",
  // For these, bd takes an empty value for none.
  BD_DEBUG: "",
  CLAUDE_CODE: "",
  BD_AGENT_MODE: "",
  BD_BACKEND: "",
  BD_DATABASE_BACKEND: "",
  BD_DB: "",
  BEADS_DB: ""
}

/**
 * The variables of one call. Each has a value, because bd fills the unset ones from the repository's `.beads/.env`. A read is
 * read-only for bd: it then migrates and imports nothing either.
 *
 * @example
 * environmentOf("read")["BD_READONLY"] // "1"
 */
export const environmentOf = (access: Access): Readonly<Record<string, string>> => ({
  ...ENVIRONMENT,
  BD_READONLY: access === "read" ? "1" : "0"
})
