/** Replaces a secret. */
export const REDACTED = "[redacted]"

/** Characters. A shorter secret is too likely to occur by chance in an ordinary text. */
export const MIN_SECRET_LENGTH = 8

// Usual values of variables that have a secret's name and hold a choice, not a secret.
const COMMON = new Set(
  `anonymous anthropic automatic changeme credential credentials database default deprecated development disabled
   dx-runner enabled external inherited interactive internal keychain keyring localhost managed nightly-dispatch
   onepassword opencode optional password production provided required service-account staging undefined unlimited
   unspecified webhook`.split(/\s+/)
)

/** Matches `OAUTH` and `APIKEYS`, but neither the AUTH of `GIT_AUTHOR_NAME` nor the KEY of `MONKEY`. */
const SECRET_NAME =
  /TOKEN|SECRET|PASSWORD|PASSWD|WEBHOOK|CREDENTIAL|(?:^|_|API|SSH|ACCESS|PRIVATE)KEYS?(?=_|$)|(?:^|_)O?AUTHS?(?=_|$)/i

// Other absolute paths count as paths only if the variable's name fits: a base64 value may begin with a slash too.
const PLACE_NAME = /(?:FILE|PATH|DIR|DIRECTORY|SOCK|SOCKET|HOME|ROOT)$/i
const PLACE =
  /^(?:~|\.{1,2}\/|op:\/\/|file:|\/(?:bin|dev|etc|home|mnt|nix|opt|private|proc|root|run|snap|srv|sys|tmp|usr|var|Library|Users|Volumes)(?:\/|$))/

/** Whether a variable of this name is expected to hold a secret. */
export const isSecretName = (name: string): boolean => SECRET_NAME.test(name)

const isPlace = (name: string, value: string): boolean =>
  PLACE.test(value) || (value.startsWith("/") && PLACE_NAME.test(name))

/** Whether a text is distinctive: long enough, and neither a common word, a short number, nor our own `[redacted]`. */
export const isDistinctive = (value: string): boolean =>
  value.length >= MIN_SECRET_LENGTH &&
  !COMMON.has(value.toLowerCase()) &&
  !/^[\d.,:_-]{1,15}$/.test(value) &&
  !REDACTED.includes(value)

/**
 * The secrets in an environment: values of at least eight characters of variables whose name speaks of a token, key, secret,
 * password, webhook, credential or authorization, unless they are a path, a common word or a short number.
 *
 * @example
 * secretsIn({ ZAI_API_KEY: "0123456789abcdef", SSH_AUTH_SOCK: "/run/ssh" }) // ["0123456789abcdef"]
 */
export const secretsIn = (environment: Readonly<Record<string, string | undefined>>): ReadonlyArray<string> =>
  Object.entries(environment).flatMap(([name, value = ""]) => {
    const secret = value.trim()
    return isSecretName(name) && isDistinctive(secret) && !isPlace(name, secret) ? [secret] : []
  })
