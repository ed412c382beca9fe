namespace ActorDcp.EndToEnd.Tests.BackPressure;

/// <summary>Tests that look at the heap of this process: no other may run beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class MeasuresTheHeap
{
    public const string Name = "measures the heap";
}
