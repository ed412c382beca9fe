namespace ActorDcp.Host.Doctor;

/// <summary>What was found of one node, or of the cluster, in the order of looking. Not thread-safe.</summary>
internal sealed class Diagnosis(string node)
{
    /// <summary>Stands for a node's name where all are concerned.</summary>
    public const string Cluster = "cluster";

    private readonly List<Finding> _findings = [];

    public IReadOnlyList<Finding> Findings => _findings;

    public bool IsBroken => Count(FindingState.Broken) > 0;

    public int Count(FindingState state) => _findings.Count(finding => finding.State == state);

    public void Ok(string check, string seen, double? value = null) => _findings.Add(new Finding(node, check, FindingState.Ok, seen, "", value));

    public void Note(string check, string seen, string mend) => _findings.Add(new Finding(node, check, FindingState.Note, seen, mend));

    public void Warn(string check, string seen, string mend, double? value = null) =>
        _findings.Add(new Finding(node, check, FindingState.Warning, seen, mend, value));

    public void Broken(string check, string seen, string mend, double? value = null) =>
        _findings.Add(new Finding(node, check, FindingState.Broken, seen, mend, value));

    public void Add(Diagnosis other) => _findings.AddRange(other._findings);
}
