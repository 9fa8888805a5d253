// Hosting: wiring: which adapters stand behind the ports of which engines.
