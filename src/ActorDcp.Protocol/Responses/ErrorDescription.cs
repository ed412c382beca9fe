namespace ActorDcp.Protocol.Responses;

/// <summary>What an error map says about a status.</summary>
/// <param name="Name">The server's name for it.</param>
/// <param name="Description">In a sentence.</param>
/// <param name="Attributes">How to react.</param>
public sealed record ErrorDescription(string Name, string Description, ErrorAttributes Attributes);
