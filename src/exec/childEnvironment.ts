/**
 * What a command is, which decides about its variables:
 * - `system`: a tool of the operating system
 * - `git`
 * - `tracker`: bd
 * - `worktree`: dx-worktree
 * - `forge`: gh, which asks the host of a repository for pull requests
 * - `pager`: the operator's own, on the terminal
 * - `notifier`: what takes a message to a person: sendmail, a program of the operator's own
 * - `agent`: an agent, and dx-runner, which starts agents
 */
export type Tool = "system" | "git" | "tracker" | "worktree" | "forge" | "pager" | "notifier" | "agent"

/** Which variables of our environment the commands that we start get. */
export interface EnvironmentPolicy {
  /** Variables that agents get besides the usual ones: names, or a prefix followed by `*`. */
  readonly pass?: ReadonlyArray<string>
  /** Values that are passed in no variable: the alert addresses, and the address of the journal. */
  readonly withhold?: ReadonlyArray<string>
}

export type Variables = Readonly<Record<string, string | undefined>>

const words = (text: string): ReadonlyArray<string> => text.trim().split(/\s+/)

/** For the session. No `PWD`: commands run in another directory. */
const SESSION = words(`
  PATH HOME USER LOGNAME SHELL LANG LANGUAGE LC_* TZ TMPDIR XDG_* TERM COLORTERM NO_COLOR
  NIGHTLY_DISPATCH_ATTEMPT`)
/** For tools that use the network. `FAKE_*` is for the stand-ins of tools in tests. */
const NETWORK = words(`
  http_proxy https_proxy ftp_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY FTP_PROXY ALL_PROXY NO_PROXY
  SSL_CERT_FILE SSL_CERT_DIR CURL_CA_BUNDLE REQUESTS_CA_BUNDLE NODE_EXTRA_CA_CERTS SSH_AUTH_SOCK EMAIL FAKE_*`)
const TRACKER = words("BD_* BEADS_* DOLT_*")
const HELPERS = words("DX_* AGENTS_ROOT MISE_* RAILWAY_* REQUIRE_RAILWAY_AUTH")
const FORGE = words("GH_* GITHUB_TOKEN GITHUB_ENTERPRISE_TOKEN")
const PAGERS = words("LESS* LV MORE DELTA_* BAT_* TERM_* COLORFGBG")
const PROVIDERS = words(`
  USE_PTY NODE_* OPENCODE_* CC_* CLAUDE_* ZAI_* GEMINI_* GOOGLE_* ANTHROPIC_* OPENAI_* OP_* NIGHTLY_DISPATCH_*`)

/** The variables that each kind of command gets: names, or a prefix followed by `*`. */
export const USUAL_VARIABLES: Readonly<Record<Tool, ReadonlyArray<string>>> = {
  system: SESSION,
  git: [...SESSION, ...NETWORK],
  tracker: [...SESSION, ...NETWORK, ...TRACKER],
  worktree: [...SESSION, ...NETWORK, ...HELPERS],
  forge: [...SESSION, ...NETWORK, ...FORGE],
  pager: [...SESSION, ...PAGERS],
  notifier: [...SESSION, ...NETWORK],
  agent: [...SESSION, ...NETWORK, ...TRACKER, ...HELPERS, ...PROVIDERS]
}

/** Git sets these for its hooks. A git that inherits them works in another repository than that of its directory. */
const isOfGit = (name: string): boolean => name.startsWith("GIT_")

/** Alert addresses and the address of the journal are never passed to child processes, even if `environment.pass` lists them. */
export const WITHHELD_VARIABLES: ReadonlyArray<string> = [
  "SLACK_WEBHOOK",
  "DX_SLACK_WEBHOOK",
  "NIGHTLY_DISPATCH_JOURNAL",
  "NIGHTLY_DISPATCH_ALERTS_SLACK",
  "NIGHTLY_DISPATCH_ALERTS_WEBHOOK",
  "NIGHTLY_DISPATCH_ALERTS_WEBHOOK_SECRET",
  "NIGHTLY_DISPATCH_ALERTS_DEAD_MAN"
]

/** Characters. A shorter secret is withheld only as a variable's whole value: as a part it may occur by chance. */
const MIN_PART_LENGTH = 8

/** Prepared once: every command asks it for every variable. */
const matcher = (patterns: ReadonlyArray<string>) => {
  const names = new Set(patterns)
  const prefixes = patterns.flatMap((pattern) => (pattern.endsWith("*") ? [pattern.slice(0, -1)] : []))
  return (name: string): boolean => names.has(name) || prefixes.some((prefix) => name.startsWith(prefix))
}

const isUsual = {
  system: matcher(USUAL_VARIABLES.system),
  git: matcher(USUAL_VARIABLES.git),
  tracker: matcher(USUAL_VARIABLES.tracker),
  worktree: matcher(USUAL_VARIABLES.worktree),
  forge: matcher(USUAL_VARIABLES.forge),
  pager: matcher(USUAL_VARIABLES.pager),
  notifier: matcher(USUAL_VARIABLES.notifier),
  agent: matcher(USUAL_VARIABLES.agent)
} satisfies Record<Tool, unknown>

/**
 * The environment of a command: the variables of `ours` that its kind may have, then those of its spec (`undefined` removes a
 * variable), without the withheld ones. Variables of git itself (`GIT_*`) come only from the spec, also if `pass` lists them.
 *
 * @example
 * childEnvironment("tracker", { PATH: "/bin", ZAI_API_KEY: "x" }, { BD_ACTOR: "me" }) // { PATH: "/bin", BD_ACTOR: "me" }
 */
export const childEnvironment = (
  tool: Tool,
  ours: Variables,
  spec: Variables = {},
  { pass = [], withhold = [] }: EnvironmentPolicy = {}
): Readonly<Record<string, string>> => {
  const isNamed = matcher(tool === "agent" ? pass : [])
  const isWithheld = (name: string, value: string): boolean =>
    WITHHELD_VARIABLES.includes(name) ||
    withhold.some((secret) => value === secret || (secret.length >= MIN_PART_LENGTH && value.includes(secret)))
  // Names first: each value of `process.env` is a call of the system's library.
  const inherited = Object.keys(ours).filter((name) => !isOfGit(name) && (isUsual[tool](name) || isNamed(name)))
  const values = [...inherited.map((name) => [name, ours[name]] as const), ...Object.entries(spec)]
  return Object.fromEntries(
    [...new Map(values)].flatMap(([name, value]) =>
      value === undefined || isWithheld(name, value) ? [] : [[name, value] as const]
    )
  )
}

/** The environment of our own program: all variables of `ours`, then those of its spec (`undefined` removes a variable). */
export const wholeEnvironment = (ours: Variables, spec: Variables = {}): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries({ ...ours, ...spec }).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] as const]
    )
  )
