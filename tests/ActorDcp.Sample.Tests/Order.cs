namespace ActorDcp.Sample.Tests;

/// <summary>A document of the shop's.</summary>
internal sealed record Order(string Customer, decimal Total);
