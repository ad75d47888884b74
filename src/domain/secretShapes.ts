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

/** Hosts and paths whose addresses are secrets: anyone who knows one may post there, or keep an alarm silent. */
const ADDRESSES = [
  "hooks.slack.com",
  "hooks.slack-gov.com",
  "discord.com/api/webhooks",
  "discordapp.com/api/webhooks",
  "webhook.office.com/webhookb2",
  "chat.googleapis.com/v1/spaces",
  "hc-ping.com",
  "cronitor.link",
  "betteruptime.com/api/v1/heartbeat",
  "uptime.betterstack.com/api/v1/heartbeat",
  "heartbeat.uptimerobot.com",
  "nosnch.in"
]
const ADDRESS = new RegExp(
  String.raw`((?:${ADDRESSES.map((each) => each.replaceAll(".", "\\.")).join("|")})\/)[^\s"'<>|()[\]\\]+(?<![.,:;!?])`,
  "gi"
)

const SHAPES: ReadonlyArray<Shape> = [
  { hint: "/", pattern: ADDRESS },
  // Slack, GitHub, GitLab, npm, Hugging Face, 1Password, AWS, Google, z.ai.
  { hint: "xox", pattern: /xox[a-z]-[A-Za-z0-9-]{3,}/g },
  { hint: "xapp-", pattern: /xapp-[A-Za-z0-9-]{3,}/g },
  { hint: "gh", pattern: /gh[a-z]_[A-Za-z0-9_]{20,}/g },
  { hint: "github_pat_", pattern: /github_pat_[A-Za-z0-9_]{20,}/g },
  {
    hint: "gl",
    pattern: /gl(?:pat|dt|rt|rtr|cbt|ptt|ft|soat|imt|agent)-[A-Za-z0-9_-]{20,}(?:\.[A-Za-z0-9_-]{2,200}){0,3}/g
  },
  { hint: "npm_", pattern: /npm_[A-Za-z0-9_]{36,}/g },
  { hint: "_authtoken=", pattern: /_authToken=[^\s$]\S*/g },
  { hint: "hf_", pattern: /hf_[A-Za-z0-9]{30,}/g },
  { hint: "ops_ey", pattern: /ops_ey[A-Za-z0-9_+/=-]{40,}/g },
  { hint: "a", pattern: /A(?:3T[A-Z0-9]|KIA|GPA|IDA|ROA|IPA|NPA|NVA|SIA)[A-Z0-9]{16}/g },
  {
    hint: "secret",
    pattern: /(secret_?access_?key["']?\s{0,200}(?::|=>|=)\s{0,200}["']?)[A-Za-z0-9/+=]{40,}/gi
  },
  { hint: "aiza", pattern: /AIza[A-Za-z0-9_-]{35,}/g },
  { hint: "ya29.", pattern: /ya29\.[A-Za-z0-9_-]{20,}/g },
  { hint: "gocspx-", pattern: /GOCSPX-[A-Za-z0-9_-]{20,}/g },
  { hint: "1//0", pattern: /(?<![A-Za-z0-9/])1\/\/0[A-Za-z0-9_-]{30,}/g },
  { hint: ".", pattern: /(?<![A-Za-z0-9])[0-9a-f]{32}\.[A-Za-z0-9]{16,}/g },
  // OpenAI, Anthropic, and others with the same prefix.
  { hint: "sk-", pattern: /(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]{20,}/g, unless: (found) => !isRandom(found) },
  { hint: "sk-ant-", pattern: /sk-ant-[A-Za-z0-9_-]{20,}/g },
  { hint: "t3blbkfj", pattern: /sk-[A-Za-z0-9_-]{0,100}T3BlbkFJ[A-Za-z0-9_-]{8,}/g },
  // Stripe, SendGrid, Twilio, Telegram, Shopify, Linear.
  { hint: "k_", pattern: /(?<![A-Za-z0-9])[rsp]k_(?:live|test)_[A-Za-z0-9]{10,}/g },
  { hint: "whsec_", pattern: /whsec_[A-Za-z0-9+/=]{16,}/g },
  { hint: "sg.", pattern: /(?<![A-Za-z])SG\.[\w-]{1,128}\.[\w-]{2,}/g },
  { hint: "sk", pattern: /(?<![A-Za-z0-9])SK[0-9a-f]{32}/g },
  { hint: ":aa", pattern: /(?<![0-9])[0-9]{8,10}:AA[A-Za-z0-9_-]{32,}/g },
  { hint: "shp", pattern: /shp(?:pa|ca|at|ss)_[A-Za-z0-9]{32,}/g },
  { hint: "lin_api_", pattern: /lin_api_[A-Za-z0-9_]{32,}/g },
  // Azure: keys of accounts and buses, signed addresses, secrets of applications.
  { hint: "key=", pattern: /((?:AccountKey|SharedAccessKey|AccessKey)=)[A-Za-z0-9+/]{40,}={0,2}/gi },
  { hint: "sig=", pattern: /([?&;]sig=)[A-Za-z0-9%+/=_-]{20,}/gi },
  { hint: "8q~", pattern: /[A-Za-z0-9_~.-]{3}8Q~[A-Za-z0-9_~.-]{31,}/g },
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
  // Databases take any character in a password.
  { hint: "://", pattern: /((?:mongodb|mysql|postgres)[a-z+]{0,6}:\/\/)[^:/\s]{1,100}:[^@/\s]{1,200}(?=@)/gi },
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
      /-----BEGIN[A-Z0-9 ]{0,33}PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END[A-Z0-9 ]{0,33}PRIVATE KEY(?: BLOCK)?-----|$)/g
  }
]

/** The ranges of a text that have the shape of a secret. */
export const shapedSecrets = (text: string): ReadonlyArray<Range> => {
  const lower = text.toLowerCase()
  const ranges: Array<Range> = []
  for (const { hint, pattern, unless } of SHAPES) {
    if (!lower.includes(hint)) continue
    for (const match of text.matchAll(pattern)) {
      const [whole, kept = ""] = match
      if (unless?.(whole.slice(kept.length)) === true) continue
      ranges.push({ start: match.index + kept.length, end: match.index + whole.length })
    }
  }
  return ranges
}
