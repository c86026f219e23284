// Tickets as agents send them: complete documents, of computers that have seen better days.
import { createHash } from 'node:crypto';
import type {
  Affected,
  AttachmentMeta,
  CanWork,
  Category,
  Facts,
  Finding,
  Level,
  Section,
  TicketDocument,
} from '../../../src/shared/protocol';
import { newId } from '../../../src/console/api/id';

const gb = (count: number): number => Math.round(count * 1_000_000_000);

/** A moment so many minutes ago. */
export function ago(minutes: number): string {
  return new Date(Date.now() - minutes * 60_000).toISOString();
}

function collected<T>(data: T, tookMs = 12): Section<T> {
  return { state: 'collected', at: ago(3), took_ms: tookMs, data };
}

/** Everything that a Linux laptop says of itself, on a bad day. */
export function laptopFacts(): Facts {
  return {
    device: collected({
      host_name: 'pc-compta-042',
      maker: 'LENOVO',
      model: 'ThinkPad T14 Gen 3 (21AH00CXFR)',
      serial: 'PF3X9K2M',
      chassis: 'laptop',
      virtualisation: null,
      firmware: 'N3MET18W (1.17) 2025-03-21',
    }),
    system: collected({
      name: 'Debian GNU/Linux 12 (bookworm)',
      version: '12',
      build: '12.11',
      kernel: '6.1.0-37-amd64',
      architecture: 'x86_64',
      booted_at: ago(60 * 24 * 19),
      restart_pending: true,
      restart_reasons: ['linux-image-6.1.0-38-amd64', 'libssl3'],
      time_zone: 'Europe/Paris',
      utc_offset_minutes: 60,
      desktop: 'XFCE',
      session_type: 'x11',
    }),
    processor: collected({
      model: '12th Gen Intel(R) Core(TM) i5-1245U',
      cores: 10,
      threads: 12,
      frequency_mhz: 4400,
      busy_percent: 37.4,
      load: [4.82, 3.1, 2.44],
      pressure_percent: 6.2,
      temperature_celsius: 71,
    }),
    memory: collected({
      total_bytes: gb(16.4),
      available_bytes: gb(1.1),
      swap_total_bytes: gb(4),
      swap_used_bytes: gb(3.2),
      pressure_percent: 18.4,
      killed_for_memory: 2,
    }),
    disks: collected({
      volumes: [
        {
          mount: '/',
          file_system: 'ext4',
          total_bytes: gb(48),
          free_bytes: gb(1.4),
          free_inodes_percent: 62,
          read_only: false,
          remote: false,
        },
        {
          mount: '~',
          file_system: 'ext4',
          total_bytes: gb(420),
          free_bytes: gb(211),
          free_inodes_percent: 97,
          read_only: false,
          remote: false,
        },
        {
          mount: '/mnt/partage',
          file_system: 'nfs4',
          total_bytes: gb(4000),
          free_bytes: gb(380),
          free_inodes_percent: null,
          read_only: true,
          remote: true,
        },
      ],
      drives: [
        {
          name: 'nvme0n1',
          model: 'SAMSUNG MZVL2512HCJQ-00BL7',
          kind: 'solid',
          total_bytes: gb(512),
          health: 'good',
          wear_percent: 11,
          temperature_celsius: 44,
        },
      ],
    }),
    network: collected(
      {
        interfaces: [
          {
            name: 'wlp0s20f3',
            kind: 'wireless',
            up: true,
            mac: 'f4:26:79:1c:aa:03',
            addresses: ['10.20.3.42/22', 'fe80::f626:79ff:fe1c:aa03/64'],
            speed_mbit: 866,
            mtu: 1500,
            wifi: { name: 'Bureaux-5G', signal_percent: 34, signal_dbm: -79, frequency_mhz: 5260 },
            errors: 0,
          },
          {
            name: 'enp0s31f6',
            kind: 'wired',
            up: false,
            mac: 'c4:ef:bb:10:22:9e',
            addresses: [],
            speed_mbit: null,
            mtu: 1500,
            wifi: null,
            errors: 0,
          },
          {
            name: 'wg-siege',
            kind: 'vpn',
            up: true,
            mac: null,
            addresses: ['172.27.4.42/32'],
            speed_mbit: null,
            mtu: 1420,
            wifi: null,
            errors: 12,
          },
        ],
        gateways: [{ target: '10.20.0.1', reachable: true, answer_ms: 3.1, detail: null }],
        name_servers: [
          { target: '10.20.0.53', reachable: true, answer_ms: 14.6, detail: null },
          { target: '10.20.0.54', reachable: false, answer_ms: null, detail: 'no answer within 1500 ms' },
        ],
        domains: ['corp.example'],
        proxy: 'http://proxy.corp.example:3128',
        vpn_up: true,
        connectivity: 'full',
        servers: [
          { target: 'https://helpdesk.corp.example', reachable: true, answer_ms: 41.2, detail: null },
        ],
      },
      640,
    ),
    power: collected({
      on_mains: false,
      batteries: [
        {
          name: 'BAT0',
          charge_percent: 41,
          state: 'discharging',
          capacity_percent: 58,
          cycles: 611,
          minutes_left: 74,
        },
      ],
    }),
    displays: collected({
      displays: [
        { name: 'eDP-1', model: null, width_px: 1920, height_px: 1200, refresh_hz: 60, primary: true },
        {
          name: 'DP-2',
          model: 'Dell U2722D',
          width_px: 2560,
          height_px: 1440,
          refresh_hz: 59.95,
          primary: false,
        },
      ],
      adapters: ['Intel Alder Lake-UP3 GT2 [Iris Xe]'],
    }),
    printers: collected({
      printers: [
        {
          name: 'Etage3-Couleur',
          location: 'Bâtiment B, étage 3',
          model: 'HP Color LaserJet MFP M480',
          default: true,
          state: 'stopped',
          reasons: ['media-jam', 'toner-low'],
          accepting: true,
          jobs: 7,
          uri: 'ipp://print.corp.example/printers/etage3',
        },
        {
          name: 'Accueil-NB',
          location: 'Accueil',
          model: 'Brother HL-L6400DW',
          default: false,
          state: 'idle',
          reasons: [],
          accepting: true,
          jobs: 0,
          uri: 'ipp://print.corp.example/printers/accueil',
        },
      ],
    }),
    media: collected({
      sound: ['HDA Intel PCH', 'Jabra Evolve2 40'],
      endpoints: [
        { name: 'Jabra Evolve2 40', input: false, default: true, muted: true, volume_percent: 64 },
        { name: 'Jabra Evolve2 40', input: true, default: true, muted: false, volume_percent: 82 },
        { name: 'Internal speakers', input: false, default: false, muted: false, volume_percent: 30 },
      ],
      cameras: ['Integrated Camera'],
    }),
    programs: collected({
      running: 312,
      by_processor: [
        { name: 'firefox-esr', processes: 14, processor_percent: 211, memory_bytes: gb(4.9) },
        { name: 'soffice.bin', processes: 1, processor_percent: 96, memory_bytes: gb(1.2) },
        { name: 'Xorg', processes: 1, processor_percent: 22, memory_bytes: gb(0.2) },
        { name: 'tracker-miner-fs', processes: 1, processor_percent: 17, memory_bytes: gb(0.3) },
      ],
      by_memory: [
        { name: 'firefox-esr', processes: 14, processor_percent: 211, memory_bytes: gb(4.9) },
        { name: 'thunderbird', processes: 3, processor_percent: 3, memory_bytes: gb(2.1) },
        { name: 'soffice.bin', processes: 1, processor_percent: 96, memory_bytes: gb(1.2) },
        { name: 'teams-for-linux', processes: 9, processor_percent: 6, memory_bytes: gb(0.9) },
      ],
    }),
    services: collected({
      failed: [
        {
          name: 'cups-browsed.service',
          description: 'Make remote CUPS printers available locally',
          result: 'exit-code',
          since: ago(42),
          of_user: false,
        },
      ],
    }),
    log: collected({
      lines: [
        {
          at: ago(4),
          source: 'cupsd',
          severity: 3,
          message: '[Job 1187] Stopping job because the printer reported media-jam.',
          times: 7,
        },
        {
          at: ago(6),
          source: 'kernel',
          severity: 2,
          message:
            'Out of memory: Killed process 48211 (firefox-esr) total-vm:11483920kB, anon-rss:4912044kB',
          times: 1,
        },
        {
          at: ago(9),
          source: 'NetworkManager',
          severity: 3,
          message: 'dhcp6 (wlp0s20f3): error -113 dispatching events',
          times: 3,
        },
        {
          at: ago(11),
          source: 'cups-browsed',
          severity: 3,
          message: 'Unable to connect to <address> as <user>: password=<redacted>',
          times: 2,
        },
        {
          at: ago(12),
          source: 'systemd',
          severity: 3,
          message: 'Failed to start cups-browsed.service - Make remote CUPS printers available locally.',
          times: 4,
        },
        {
          at: ago(15),
          source: 'kernel',
          severity: 3,
          message: 'iwlwifi 0000:00:14.3: Microcode SW error detected. Restarting 0x0.',
          times: 1,
        },
        {
          at: ago(18),
          source: 'pulseaudio',
          severity: 3,
          message: 'Failed to load module "module-jackdbus-detect": initialization failed.',
          times: 1,
        },
        {
          at: ago(21),
          source: 'gdm-password',
          severity: 3,
          message: 'gkr-pam: unable to locate daemon control file',
          times: 1,
        },
        {
          at: ago(24),
          source: 'kernel',
          severity: 3,
          message: 'nfs: server fichiers.corp.example not responding, timed out',
          times: 12,
        },
        {
          at: ago(27),
          source: 'nfsidmap',
          severity: 3,
          message: 'nss_getpwnam: name <user>@corp.example does not map into domain',
          times: 5,
        },
      ],
      left_out: 31,
    }),
    crashes: collected({
      crashes: [
        { program: 'firefox-esr', at: ago(6), reason: 'SIGKILL' },
        { program: 'soffice.bin', at: ago(60 * 27), reason: 'SIGSEGV' },
      ],
    }),
    security: collected({
      disk_encrypted: true,
      firewall_on: false,
      firewall: 'nftables',
      updates_pending: 23,
      security_updates_pending: 4,
      updates_checked_at: ago(60 * 5),
      secure_boot: true,
      antivirus: null,
    }),
    locale: collected({
      language: 'fr-FR',
      formats: 'fr-FR',
      keyboards: ['fr(oss)', 'us'],
      encoding: 'UTF-8',
    }),
    user: collected({
      login: 'crobert',
      display_name: 'Camille Robert',
      domain: 'CORP',
      groups: ['users', 'compta', 'lpadmin', 'audio', 'video'],
      administrator: false,
      other_sessions: 0,
    }),
  };
}

/** What is unusual about that laptop. */
export function laptopFindings(): Finding[] {
  return [
    {
      code: 'printer-stopped',
      section: 'printers',
      severity: 'critical',
      subject: 'Etage3-Couleur',
      value: null,
    },
    { code: 'memory-low', section: 'memory', severity: 'warning', subject: null, value: 7 },
    { code: 'disk-nearly-full', section: 'disks', severity: 'warning', subject: '/', value: 3 },
    { code: 'printer-queue', section: 'printers', severity: 'warning', subject: 'Etage3-Couleur', value: 7 },
    {
      code: 'name-server-unreachable',
      section: 'network',
      severity: 'warning',
      subject: '10.20.0.54',
      value: null,
    },
    {
      code: 'service-failed',
      section: 'services',
      severity: 'warning',
      subject: 'cups-browsed.service',
      value: null,
    },
    { code: 'firewall-off', section: 'security', severity: 'warning', subject: null, value: null },
    { code: 'wifi-weak', section: 'network', severity: 'notice', subject: null, value: 34 },
    { code: 'restart-pending', section: 'system', severity: 'notice', subject: null, value: null },
  ];
}

/** What a ticket is made of. */
export interface TicketIdea {
  readonly text: string;
  readonly requester?: { login: string; name: string; language: string };
  readonly canWork?: CanWork | null;
  readonly affected?: Affected | null;
  readonly category?: Category | null;
  readonly facts?: Facts;
  readonly findings?: Finding[];
  readonly attachments?: AttachmentMeta[];
}

/** The document of a ticket. */
export function ticketDocument(idea: TicketIdea): TicketDocument {
  const canWork = idea.canWork ?? null;
  const affected = idea.affected ?? null;
  const urgency: Level = canWork === 'no' ? 'high' : canWork === 'yes' ? 'low' : 'medium';
  return {
    version: 1,
    client_id: newId(),
    created_at: new Date().toISOString(),
    title: (idea.text.split('\n')[0] ?? '').slice(0, 120),
    description: idea.text,
    requester: {
      login: idea.requester?.login ?? 'crobert',
      display_name: idea.requester?.name ?? 'Camille Robert',
      language: idea.requester?.language ?? 'fr',
    },
    can_work: canWork,
    affected,
    urgency,
    impact: affected === 'others' ? 'high' : 'low',
    category: idea.category ?? null,
    findings: idea.findings ?? [],
    facts: idea.facts ?? {},
    attachments: idea.attachments ?? [],
    made_by: 'Deskside 0.1.0',
  };
}

/** Announces a file. */
export function announced(
  name: string,
  mediaType: string,
  bytes: Buffer,
  screenshot = false,
): AttachmentMeta {
  return {
    id: newId(),
    name,
    media_type: mediaType,
    size_bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    screenshot,
  };
}
