/** Which variables of our environment the commands that we start get. */
export interface EnvironmentPolicy {
  /** Variables to pass besides the usual ones: names, or a prefix followed by `*`. */
  readonly pass?: ReadonlyArray<string>
  /** Values that are passed in no variable: the alert addresses. */
  readonly withhold?: ReadonlyArray<string>
}

export type Variables = Readonly<Record<string, string | undefined>>

/**
 * The variables that every command gets: for the session, the network, git, the tracker, the runner, the providers' CLIs,
 * and the stand-ins for these in tests. No `PWD`: commands run in another directory.
 */
export const USUAL_VARIABLES: ReadonlyArray<string> = `
  PATH HOME USER LOGNAME SHELL LANG LANGUAGE LC_* TZ TMPDIR XDG_* TERM COLORTERM NO_COLOR EMAIL
  http_proxy https_proxy ftp_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY FTP_PROXY ALL_PROXY NO_PROXY
  SSL_CERT_FILE SSL_CERT_DIR CURL_CA_BUNDLE REQUESTS_CA_BUNDLE SSH_AUTH_SOCK NODE_* GIT_*
  BD_* BEADS_* DOLT_* DX_* AGENTS_ROOT MISE_* RAILWAY_* REQUIRE_RAILWAY_AUTH USE_PTY
  OPENCODE_* CC_* CLAUDE_* ZAI_* GEMINI_* GOOGLE_* ANTHROPIC_* OPENAI_* OP_*
  NIGHTLY_DISPATCH_* FAKE_* MOCK_* STUB_* TEST_*`
  .trim()
  .split(/\s+/)

/** Alert addresses are never passed to child processes, even if `environment.pass` lists them. */
export const WITHHELD_VARIABLES: ReadonlyArray<string> = [
  "SLACK_WEBHOOK",
  "DX_SLACK_WEBHOOK",
  "NIGHTLY_DISPATCH_ALERTS_SLACK",
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

const isUsual = matcher(USUAL_VARIABLES)

/**
 * The environment of a command: the variables of `ours` that may pass, then those of its spec (`undefined` removes a
 * variable), without the withheld ones.
 *
 * @example
 * childEnvironment({ PATH: "/bin", AWS_PROFILE: "x" }, { BD_ACTOR: "me" }) // { PATH: "/bin", BD_ACTOR: "me" }
 */
export const childEnvironment = (
  ours: Variables,
  spec: Variables = {},
  { pass = [], withhold = [] }: EnvironmentPolicy = {}
): Readonly<Record<string, string>> => {
  const isNamed = matcher(pass)
  const inherited = Object.entries(ours).filter(([name]) => isUsual(name) || isNamed(name))
  const isWithheld = (name: string, value: string): boolean =>
    WITHHELD_VARIABLES.includes(name) ||
    withhold.some((secret) => value === secret || (secret.length >= MIN_PART_LENGTH && value.includes(secret)))
  return Object.fromEntries(
    Object.entries({ ...Object.fromEntries(inherited), ...spec }).flatMap(([name, value]) =>
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
