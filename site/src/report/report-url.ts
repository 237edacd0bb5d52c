import { repository } from '../../../scripts/core/site.ts'

/** The project's form for what broke, filled in as far as the page knows. Its keys are the ids of the form's fields. */
export function reportUrl(service: string, { unit, dropIn }: { unit: string; dropIn: string }) {
  const fields = new URLSearchParams({
    template: 'breakage.yml',
    title: `${service}: `,
    service,
    unit,
    'drop-in': `sha256:${dropIn}`,
  })
  return `${repository}/issues/new?${fields}`
}
