/** Where in a text something stands that is to be taken out: from `start` to before `end`. */
export interface Range {
  readonly start: number
  readonly end: number
}

/**
 * What a secret looks like. Group 1, where there is one, is left standing. Each pattern either takes all of what it has
 * looked at or gives up after a bounded number of characters, so that a long text costs time in proportion.
 */
interface Shape {
  readonly pattern: RegExp
  /** Says no to what only looks like one. */
  readonly unless?: (found: string) => boolean
}

const jwtParts = (found: string): boolean => {
  const parts = found.split(".")
  return parts.some((part, index) => part.indexOf("eyJ") + 11 <= part.length && (parts[index + 1] ?? "").length >= 8)
}

/** `sk-` also begins a branch's or an issue's name; a key has a run that no word has, or digits and capitals mixed. */
const isRandom = (found: string): boolean =>
  /[A-Za-z0-9]{16}/.test(found) || (/[0-9]/.test(found) && /[A-Z]/.test(found))

const isReference = (value: string): boolean => /^(?:~|\.{0,2}\/|op:\/\/|file:|\$|\[)/.test(value)

const SHAPES: ReadonlyArray<Shape> = [
  // Addresses that are secrets: who knows one may post.
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
  // OpenAI, Anthropic and everybody who copied them.
  { pattern: /(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]{20,}/g, unless: (found) => !isRandom(found) },
  { pattern: /eyJ[A-Za-z0-9_-]{8,}[A-Za-z0-9_.-]*/g, unless: (found) => !jwtParts(found) },
  // Credentials of a request. "bearer authentication failed" holds none.
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
  // A key that was cut short is a key all the same.
  {
    pattern:
      /-----BEGIN [A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?-----|$)/g
  }
]

/** Everything in a text that has the shape of a secret, whoever's it is. */
export const shapedSecrets = (text: string): ReadonlyArray<Range> =>
  SHAPES.flatMap(({ pattern, unless }) =>
    Array.from(text.matchAll(pattern)).flatMap((match): ReadonlyArray<Range> => {
      const [whole, kept = ""] = match
      const found = whole.slice(kept.length)
      return unless?.(found) === true ? [] : [{ start: match.index + kept.length, end: match.index + whole.length }]
    })
  )
