namespace ActorDcp.Host.Doctor;

/// <summary>One thing that was looked at.</summary>
/// <param name="Node">Which node; <see cref="Diagnosis.Cluster"/> for what concerns all.</param>
/// <param name="Check">What was looked at.</param>
/// <param name="State">How it is.</param>
/// <param name="Seen">What was seen.</param>
/// <param name="Mend">What it means and what to do; empty when there is nothing to do.</param>
/// <param name="Value">What was measured, in milliseconds; null where nothing was.</param>
internal sealed record Finding(string Node, string Check, FindingState State, string Seen, string Mend = "", double? Value = null);
