namespace ActorDcp.Protocol;

/// <summary>
/// What a producer charges a connection's window for a message (dcp-reference.md 4.1). A consumer must acknowledge exactly this
/// sum, also for messages that it drops.
/// </summary>
public static class FlowControlCharge
{
    // PREPARE is charged two bytes more than it has on the wire
    private const int PrepareSurplus = 2;

    private const uint Charged =
        1u << (Opcode.DcpStreamEnd - Opcode.DcpOpen)
        | 1u << (Opcode.DcpSnapshotMarker - Opcode.DcpOpen)
        | 1u << (Opcode.DcpMutation - Opcode.DcpOpen)
        | 1u << (Opcode.DcpDeletion - Opcode.DcpOpen)
        | 1u << (Opcode.DcpExpiration - Opcode.DcpOpen)
        | 1u << (Opcode.DcpSetVBucketState - Opcode.DcpOpen)
        | 1u << (Opcode.DcpSystemEvent - Opcode.DcpOpen)
        | 1u << (Opcode.DcpPrepare - Opcode.DcpOpen)
        | 1u << (Opcode.DcpCommit - Opcode.DcpOpen)
        | 1u << (Opcode.DcpAbort - Opcode.DcpOpen)
        | 1u << (Opcode.DcpSeqnoAdvanced - Opcode.DcpOpen)
        | 1u << (Opcode.DcpOsoSnapshot - Opcode.DcpOpen)
        | 1u << (Opcode.DcpCacheTransfer - Opcode.DcpOpen)
        | 1u << (Opcode.DcpCacheTransferEnd - Opcode.DcpOpen);

    /// <summary>The charge in bytes; 0 for responses, NOOP and everything else that is free.</summary>
    public static int Of(in FrameHeader header)
    {
        var index = (uint)header.Opcode - (uint)Opcode.DcpOpen;
        if (index >= 32 || (Charged >> (int)index & 1) == 0 || header.Magic is not (Magic.Request or Magic.FlexibleRequest))
            return 0;
        return header.Opcode == Opcode.DcpPrepare ? header.FrameLength + PrepareSurplus : header.FrameLength;
    }
}
