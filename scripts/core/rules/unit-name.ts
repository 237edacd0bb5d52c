import type { ByPlatform } from '../profile/types.ts'
import { forPlatform } from '../profile/values.ts'
import type { Finding, Rule } from './rule.ts'

const unitForm = /^[A-Za-z0-9:_.-]+(@[A-Za-z0-9:_.-]*)?\.service$/

/** A drop-in beside a unit that does not exist is read by nobody. */
export const unitName: Rule = {
  name: 'unit-name',
  check({ profile, platforms, valueAt }) {
    const found: Finding[] = []
    for (const [key, unit] of each(profile.unit)) {
      if (unitForm.test(unit)) continue
      const message = `"${unit}" is no name of a service unit`
      const fix = unit.includes('.') ? 'write it as nginx.service' : `write ${unit}.service`
      found.push({ ...valueAt(key ? ['unit', key] : ['unit']), message, fix })
    }
    if (found.length > 0) return found
    for (const { id } of platforms) {
      const unit = forPlatform(profile.unit, id)
      const instance = forPlatform(profile.instance, id)
      if (!unit || found.length > 0) continue
      const isTemplate = unit.includes('@.')
      if (isTemplate && !instance) {
        const message = `${unit} is a template`
        const fix = `add instance: ${unit.replace('@.', '@main.')} for the lab to start`
        found.push({ ...valueAt(['unit']), message, fix })
      } else if (instance && !belongs(instance, unit)) {
        const message = `${instance} is no instance of ${unit}`
        const path = typeof profile.instance === 'string' ? ['instance'] : ['instance', id]
        const fix = isTemplate ? `write it as ${unit.replace('@.', '@main.')}` : 'remove it'
        found.push({ ...valueAt(path), message, fix })
      }
    }
    return found
  },
}

function each(value: ByPlatform<string>): [string | undefined, string][] {
  return typeof value === 'string' ? [[undefined, value]] : Object.entries(value)
}

function belongs(instance: string, unit: string): boolean {
  const [before = '', after] = unit.split('@.')
  return (
    after !== undefined &&
    instance.startsWith(`${before}@`) &&
    instance.endsWith(`.${after}`) &&
    instance.length > unit.length
  )
}
