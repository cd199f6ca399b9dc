"""The small languages inside manifests: texts with a grammar of their own, each read by one module.

``language.py`` is what they share: ``TextError``, which knows the characters at fault, and grammars that explain
mistakes by example. Quantities are at home in :mod:`kverify.api.quantity`, which uses it too.

================  ===========================================================  ====================================
module            texts                                                        the source it agrees with
================  ===========================================================  ====================================
durations         ``1h30m``; ``2 days`` in custom resources                    ``time.ParseDuration``, kube-openapi
schedules         ``*/5 * * * mon-fri``, ``@daily``, ``@every 1h``             robfig/cron v3, ``ParseStandard``
fire_times        when schedules fire                                          robfig/cron v3, ``Schedule.Next``
zones             ``Europe/Berlin``                                            ``time.LoadLocation``, batch validation
selectors         ``app=web,env in (a,b),!old``                                ``labels.Parse``
images            ``ghcr.io/org/app:v2@sha256:...``                            distribution/reference
addresses         ``10.9.8.7``, ``2001:db8::/32``                              apimachinery ``ip.go``, ``net/netip``
percentages       ``25%``                                                      apimachinery ``intstr``
regexp            ``^[a-z]+$`` in schemas and CEL                              RE2 of Go, ``regexp``
ports             ``http-alt``                                                 ``IsValidPortName``
================  ===========================================================  ====================================
"""
