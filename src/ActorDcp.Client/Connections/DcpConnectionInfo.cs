using ActorDcp.Protocol;
using ActorDcp.Protocol.Responses;

namespace ActorDcp.Client;

/// <summary>What a node granted.</summary>
/// <param name="ServerVersion">Version that the node told; empty when it told none.</param>
/// <param name="Features">Features of HELO in force.</param>
/// <param name="RefusedControls">Settings of CONTROL that the node does not know or do, with the status in words.</param>
public sealed record DcpConnectionInfo(
    string ServerVersion, IReadOnlySet<HelloFeature> Features, IReadOnlyDictionary<string, string> RefusedControls)
{
    /// <summary>Whether keys tell their collection.</summary>
    public bool Collections => Features.Contains(HelloFeature.Collections);

    /// <summary>Features of HELO that were asked for and not granted.</summary>
    public IReadOnlyList<HelloFeature> MissingFeatures { get; init; } = [];

    /// <summary>Settings of CONTROL that the node took, as <c>key=value</c>.</summary>
    public IReadOnlyList<string> AcceptedControls { get; init; } = [];

    /// <summary>What the node says of statuses (dcp-reference.md 2.9); empty where it gave no error map.</summary>
    public ErrorMap ErrorMap { get; init; } = ErrorMap.Empty;
}
