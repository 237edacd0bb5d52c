/** A small daemon's unit as packages used to ship them, and one line that is a typing error. */
export const example = `[Unit]
Description=Example daemon

[Service]
ExecStart=/usr/bin/exampled
User=exampled
PrivateTmp=yes
ProtectSystem=full
ProtectHomes=yes
NoNewPrivileges=yes
`
