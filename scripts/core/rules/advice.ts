import type { Finding, Rule } from './rule.ts'

/** An entry either hardens or says why not, with an experiment that shows it. */
export const advice: Rule = {
  name: 'advice',
  check({ profile, keyAt }) {
    const found: Finding[] = []
    const skip = profile.advice === 'skip'
    const say = (key: string, message: string, fix: string) =>
      found.push({ ...keyAt([key]), message, fix })
    if (skip && profile.directives) {
      say('directives', 'an entry with advice: skip hardens nothing', 'move them below reasons')
    }
    if (skip && Object.keys(profile.reasons ?? {}).length === 0) {
      say('advice', 'advice: skip gives no reasons', 'add reasons, each with directives to try')
    }
    if (!skip && profile.reasons) {
      say('reasons', 'reasons belong to advice: skip', 'remove them, or add advice: skip')
    }
    if (!skip && !profile.directives) {
      say('name', 'the profile sets no directives', 'add directives, or advice: skip with reasons')
    }
    return found
  },
}
