namespace ActorDcp.Protocol.Responses;

/// <summary>
/// The config that answers GET_CLUSTER_CONFIG (dcp-reference.md 2.5) or stands in the body of NOT_MY_VBUCKET (2.6): value JSON, perhaps
/// compressed.
/// </summary>
public static class ClusterConfigResponse
{
    /// <summary>
    /// The config as JSON, inflated, <c>$HOST</c> not replaced. Empty when the server has none newer than the one named, or, with
    /// NOT_MY_VBUCKET, chose not to repeat it.
    /// </summary>
    /// <exception cref="ProtocolException">Another status, or a value that cannot be inflated.</exception>
    public static ReadOnlySpan<byte> Read(in Frame frame) =>
        frame.Header.Status is Status.Success or Status.NotMyVBucket
            ? ResponseRules.InflatedValue(frame)
            : throw new ProtocolException($"{frame.Header.Opcode} was answered with {frame.Header.Status}, which brings no config");
}
