/** A range of a text: from `start` to before `end`. */
export interface Range {
  readonly start: number
  readonly end: number
}

/**
 * The shape of a secret. Group 1, if there is one, is not part of the secret. Each pattern consumes the text it has scanned or
 * stops after a bounded number of characters, so the time grows linearly with the text.
 */
interface Shape {
  /** What every match contains, in lower case. Most texts have none, and to look for it is cheap. */
  readonly hint: string
  readonly pattern: RegExp
  /** Whether a match is not a secret. */
  readonly unless?: (found: string) => boolean
}

const jwtParts = (found: string): boolean => {
  const parts = found.split(".")
  return parts.some((part, index) => part.indexOf("eyJ") + 11 <= part.length && (parts[index + 1] ?? "").length >= 8)
}

/** A branch or an issue may begin with `sk-` too. A key has a longer run of letters, or mixes digits and capitals. */
const isRandom = (found: string): boolean =>
  /[A-Za-z0-9]{16}/.test(found) || (/[0-9]/.test(found) && /[A-Z]/.test(found))

const isReference = (value: string): boolean => /^(?:~|\.{0,2}\/|op:\/\/|file:|\$|\[)/.test(value)

const SHAPES: ReadonlyArray<Shape> = [
  // Addresses that are secrets: anyone who knows one may post there.
  { hint: "hooks.slack", pattern: /(hooks\.slack(?:-gov)?\.com\/)[^\s"'<>|()[\]\\]+(?<![.,:;!?])/gi },
  { hint: "/api/webhooks/", pattern: /(discord(?:app)?\.com\/api\/webhooks\/)[^\s"'<>|()[\]\\]+(?<![.,:;!?])/gi },
  // Slack, GitHub, GitLab, npm, Hugging Face, 1Password, AWS, Google, z.ai.
  { hint: "xox", pattern: /xox[a-z]-[A-Za-z0-9-]{8,}/g },
  { hint: "xapp-", pattern: /xapp-[A-Za-z0-9-]{16,}/g },
  { hint: "gh", pattern: /gh[a-z]_[A-Za-z0-9]{20,}/g },
  { hint: "github_pat_", pattern: /github_pat_[A-Za-z0-9_]{20,}/g },
  { hint: "glpat-", pattern: /glpat-[A-Za-z0-9_-]{20,}/g },
  { hint: "npm_", pattern: /npm_[A-Za-z0-9]{36,}/g },
  { hint: "hf_", pattern: /hf_[A-Za-z0-9]{30,}/g },
  { hint: "ops_ey", pattern: /ops_ey[A-Za-z0-9_-]{40,}/g },
  { hint: "ia", pattern: /A[KS]IA[A-Z0-9]{16}/g },
  { hint: "aiza", pattern: /AIza[A-Za-z0-9_-]{35,}/g },
  { hint: "ya29.", pattern: /ya29\.[A-Za-z0-9_-]{20,}/g },
  { hint: ".", pattern: /(?<![A-Za-z0-9])[0-9a-f]{32}\.[A-Za-z0-9]{16,}/g },
  // OpenAI, Anthropic, and others with the same prefix.
  { hint: "sk-", pattern: /(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]{20,}/g, unless: (found) => !isRandom(found) },
  { hint: "eyj", pattern: /eyJ[A-Za-z0-9_-]{8,}[A-Za-z0-9_.-]*/g, unless: (found) => !jwtParts(found) },
  // Credentials of a request. The text "bearer authentication failed" holds none.
  {
    hint: "bearer",
    pattern: /(bearer\s{1,8})[A-Za-z0-9._~+/=-]{8,}/gi,
    unless: (found) => !/[0-9]|.[A-Z]/.test(found) && found.length < 24
  },
  {
    hint: "authorization",
    pattern: /(authorization["']?\s{0,4}[:=]\s{0,4}["']?(?:basic|token|apikey)\s{1,4})[^\s"'\\,]{6,}/gi
  },
  {
    hint: "://",
    pattern: /(:\/\/)[^\s/"'<>\\?#]{1,2048}(?=@)/g,
    unless: (found) => !/:./.test(found) && found.length < 20
  },
  // A line of an environment or of a `.env` file.
  {
    hint: "=",
    pattern: /((?:TOKEN|SECRET|PASSWORD|PASSWD|API_?KEY|WEBHOOK|CREDENTIALS?)[A-Z0-9_]{0,40}=["']?)[^\s"'\\,;)]{8,}/g,
    unless: isReference
  },
  // A cut key is still a secret.
  {
    hint: "private key",
    pattern:
      /-----BEGIN [A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?-----|$)/g
  }
]

/** The ranges of a text that have the shape of a secret. */
export const shapedSecrets = (text: string): ReadonlyArray<Range> => {
  const lower = text.toLowerCase()
  return SHAPES.filter(({ hint }) => lower.includes(hint)).flatMap(({ pattern, unless }) =>
    Array.from(text.matchAll(pattern)).flatMap((match): ReadonlyArray<Range> => {
      const [whole, kept = ""] = match
      const found = whole.slice(kept.length)
      return unless?.(found) === true ? [] : [{ start: match.index + kept.length, end: match.index + whole.length }]
    })
  )
}
