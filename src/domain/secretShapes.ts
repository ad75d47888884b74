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
  { pattern: /(hooks\.slack(?:-gov)?\.com\/)[^\s"'<>|()[\]\\]+(?<![.,:;!?])/gi },
  { pattern: /(discord(?:app)?\.com\/api\/webhooks\/)[^\s"'<>|()[\]\\]+(?<![.,:;!?])/gi },
  // Slack, GitHub, GitLab, npm, Hugging Face, 1Password, AWS, Google, z.ai.
  { pattern: /xox[a-z]-[A-Za-z0-9-]{8,}/g },
  { pattern: /xapp-[A-Za-z0-9-]{16,}/g },
  { pattern: /gh[a-z]_[A-Za-z0-9]{20,}/g },
  { pattern: /github_pat_[A-Za-z0-9_]{20,}/g },
  { pattern: /glpat-[A-Za-z0-9_-]{20,}/g },
  { pattern: /npm_[A-Za-z0-9]{36,}/g },
  { pattern: /hf_[A-Za-z0-9]{30,}/g },
  { pattern: /ops_ey[A-Za-z0-9_-]{40,}/g },
  { pattern: /A[KS]IA[A-Z0-9]{16}/g },
  { pattern: /AIza[A-Za-z0-9_-]{35,}/g },
  { pattern: /ya29\.[A-Za-z0-9_-]{20,}/g },
  { pattern: /(?<![A-Za-z0-9])[0-9a-f]{32}\.[A-Za-z0-9]{16,}/g },
  // OpenAI, Anthropic, and others with the same prefix.
  { pattern: /(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]{20,}/g, unless: (found) => !isRandom(found) },
  { pattern: /eyJ[A-Za-z0-9_-]{8,}[A-Za-z0-9_.-]*/g, unless: (found) => !jwtParts(found) },
  // Credentials of a request. The text "bearer authentication failed" holds none.
  {
    pattern: /(bearer\s{1,8})[A-Za-z0-9._~+/=-]{8,}/gi,
    unless: (found) => !/[0-9]|.[A-Z]/.test(found) && found.length < 24
  },
  { pattern: /(authorization["']?\s{0,4}[:=]\s{0,4}["']?(?:basic|token|apikey)\s{1,4})[^\s"'\\,]{6,}/gi },
  {
    pattern: /(:\/\/)[^\s/"'<>\\?#]{1,2048}(?=@)/g,
    unless: (found) => !/:./.test(found) && found.length < 20
  },
  // A line of an environment or of a `.env` file.
  {
    pattern: /((?:TOKEN|SECRET|PASSWORD|PASSWD|API_?KEY|WEBHOOK|CREDENTIALS?)[A-Z0-9_]{0,40}=["']?)[^\s"'\\,;)]{8,}/g,
    unless: isReference
  },
  // A cut key is still a secret.
  {
    pattern:
      /-----BEGIN [A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?-----|$)/g
  }
]

/** The ranges of a text that have the shape of a secret. */
export const shapedSecrets = (text: string): ReadonlyArray<Range> =>
  SHAPES.flatMap(({ pattern, unless }) =>
    Array.from(text.matchAll(pattern)).flatMap((match): ReadonlyArray<Range> => {
      const [whole, kept = ""] = match
      const found = whole.slice(kept.length)
      return unless?.(found) === true ? [] : [{ start: match.index + kept.length, end: match.index + whole.length }]
    })
  )
