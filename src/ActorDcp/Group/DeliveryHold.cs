using ActorDcp.Persistence;
using ActorDcp.Streams;

namespace ActorDcp.Group;

/// <summary>Keeps the member's hand-over gate shut while progress cannot be made durable. Released, the gate keeper revalidates and opens it.</summary>
internal sealed class DeliveryHold(HandOverGate gate) : IDeliveryHold
{
    private int _engaged;

    public bool IsEngaged => Volatile.Read(ref _engaged) != 0;

    public void Engage()
    {
        if (Interlocked.Exchange(ref _engaged, 1) == 0)
            gate.Shut();
    }

    public void Release() => Volatile.Write(ref _engaged, 0);
}
